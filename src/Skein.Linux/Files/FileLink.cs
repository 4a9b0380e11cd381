namespace Skein.Linux.Files;

/// <summary>Where a symbolic link says that it leads, byte for byte.</summary>
public static class FileLink
{
    private const int Max = 4096;   // PATH_MAX, with a zero that the kernel does not write

    /// <returns>Without a zero; never empty, which the kernel makes no link to.</returns>
    /// <exception cref="LinuxException"/>
    public static byte[] Read(KernelPath path)
    {
        var to = new byte[Max];
        var length = FileCalls.readlink(path.Bytes, to, Max);
        return length < 0 ? throw LinuxException.Last($"readlink {path}") : to[..(int)length];
    }
}
