namespace Skein.Linux.Files;

/// <summary>What .NET has no word for, or does by following links.</summary>
public static class FileMaking
{
    private const uint Permissions = 0xfff;

    /// <exception cref="LinuxException"/>
    public static void Folder(string path) => Check(FileCalls.mkdir(KernelPath.Of(path).Bytes, 0x1ed), "make folder", path);   // 0755

    /// <exception cref="LinuxException"/>
    public static void HardLink(string existing, string path) => Check(FileCalls.link(KernelPath.Of(existing).Bytes, KernelPath.Of(path).Bytes), "link", path);

    /// <exception cref="LinuxException"/>
    public static void Link(string to, string path) => Check(FileCalls.symlink(KernelPath.Of(to).Bytes, KernelPath.Of(path).Bytes), "make link", path);

    /// <param name="kind">A device or a pipe.</param>
    /// <exception cref="LinuxException"/>
    public static void Node(string path, FileKind kind, uint major, uint minor) => Check(
        FileCalls.mknod(KernelPath.Of(path).Bytes, (uint)kind | 0x180, FileStatus.DeviceNumber(major, minor)),
        "make node", path);

    /// <summary>The owner first: the kernel takes set-user-id off a file that changes hands.</summary>
    /// <param name="mode">null for a link, which has none.</param>
    /// <exception cref="LinuxException"/>
    public static void Settle(string path, uint user, uint group, uint? mode, DateTimeOffset modified)
    {
        var bytes = KernelPath.Of(path).Bytes;
        Check(FileCalls.lchown(bytes, user, group), "change the owner of", path);
        if (mode is { } bits) Check(FileCalls.chmod(bytes, bits & Permissions), "change the mode of", path);
        ReadOnlySpan<long> times = [0, FileCalls.Omit, modified.ToUnixTimeSeconds(), 0];
        Check(FileCalls.utimensat(FileCalls.CurrentFolder, bytes, times, FileCalls.LinkItself), "change the time of", path);
    }

    private static void Check(int result, string what, string path)
    {
        if (result < 0) throw LinuxException.Last($"{what} {path}");
    }
}
