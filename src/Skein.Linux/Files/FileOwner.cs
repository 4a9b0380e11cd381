namespace Skein.Linux.Files;

public static class FileOwner
{
    /// <summary>Of the path itself, also when it is a link.</summary>
    /// <exception cref="LinuxException"/>
    public static void Change(string path, uint user, uint group)
    {
        if (FileCalls.lchown(KernelPath.Of(path).Bytes, user, group) != 0) throw LinuxException.Last($"change the owner of {path}");
    }
}
