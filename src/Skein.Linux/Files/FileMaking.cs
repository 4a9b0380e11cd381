namespace Skein.Linux.Files;

/// <summary>What .NET has no word for, does by following links, or by names that are text. Errors are named by their system calls, as Go's are.</summary>
public static class FileMaking
{
    /// <exception cref="LinuxException"/>
    public static void Folder(KernelPath path) => Check(FileCalls.mkdir(path.Bytes, 0x1ed), "mkdir", path);   // 0755

    /// <exception cref="LinuxException"/>
    public static void HardLink(KernelPath existing, KernelPath path)
    {
        if (FileCalls.link(existing.Bytes, path.Bytes) != 0) throw LinuxException.Last($"link {existing} {path}");
    }

    /// <param name="to">Where it leads, as it shall stand in it.</param>
    /// <exception cref="LinuxException"/>
    public static void Link(KernelPath to, KernelPath path)
    {
        if (FileCalls.symlink(to.Bytes, path.Bytes) != 0) throw LinuxException.Last($"symlink {to} {path}");
    }

    /// <param name="kind">A device or a pipe.</param>
    /// <exception cref="LinuxException"/>
    public static void Node(KernelPath path, FileKind kind, uint major, uint minor) => Check(
        FileCalls.mknod(path.Bytes, (uint)kind | 0x180, FileStatus.DeviceNumber(major, minor)), "mknod", path);

    /// <summary>Before modes and attributes: the kernel takes set-user-id and capabilities off a file that changes hands. A link itself.</summary>
    /// <exception cref="LinuxException"/>
    public static void Own(KernelPath path, uint user, uint group) => Check(FileCalls.lchown(path.Bytes, user, group), "lchown", path);

    /// <param name="mode">Its permissions count. A link has none of its own: what it leads to would change.</param>
    /// <exception cref="LinuxException"/>
    public static void Permit(KernelPath path, uint mode) => Check(FileCalls.chmod(path.Bytes, mode & FileStatus.PermissionBits), "chmod", path);

    /// <summary>When it was changed last, a link itself. Last of all, since much else changes it.</summary>
    /// <exception cref="LinuxException"/>
    public static void Date(KernelPath path, long seconds, uint nanoseconds)
    {
        ReadOnlySpan<long> times = [0, FileCalls.Omit, seconds, nanoseconds];
        Check(FileCalls.utimensat(FileCalls.CurrentFolder, path.Bytes, times, FileCalls.LinkItself), "chtimes", path);
    }

    /// <summary>Anything but a folder; a link itself.</summary>
    /// <exception cref="LinuxException"/>
    public static void Remove(KernelPath path) => Check(FileCalls.unlink(path.Bytes), "unlinkat", path);

    private static void Check(int result, string what, KernelPath path)
    {
        if (result < 0) throw LinuxException.Last($"{what} {path}");
    }
}
