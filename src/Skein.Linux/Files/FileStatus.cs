using Microsoft.Win32.SafeHandles;

namespace Skein.Linux.Files;

/// <summary>What statx(2) says of a file itself; a link is not followed.</summary>
public readonly record struct FileStatus(FileKind Kind, uint Mode, uint User, uint Group, uint Links, ulong Inode, ulong Device, ulong RawDevice, ulong Mount, long Size, long ModifiedSeconds, uint ModifiedNanoseconds)
{
    /// <summary>Those of a mode that chmod(2) sets: permissions, set-user-id, set-group-id, sticky.</summary>
    public const uint PermissionBits = 0xfff;

    private const int EmptyPath = 0x1000;
    private const int NoFollow = 0x100;
    private const int CurrentFolder = -100;
    private const uint BasicStats = 0x7ff;
    private const uint MountId = 0x1000;

    /// <summary>The number of the kind of device that a node stands for, as glibc's gnu_dev_major takes it out.</summary>
    public uint RawMajor => (uint)(((RawDevice >> 8) & 0xfff) | ((RawDevice >> 32) & ~0xfffUL));

    /// <summary>gnu_dev_minor</summary>
    public uint RawMinor => (uint)((RawDevice & 0xff) | ((RawDevice >> 12) & ~0xffUL));

    /// <exception cref="LinuxException"/>
    public static FileStatus Of(KernelPath path) => Read(CurrentFolder, path, NoFollow, path.ToString());

    /// <summary>null when there is none.</summary>
    /// <exception cref="LinuxException"/>
    public static FileStatus? Find(KernelPath path) => Find(path, NoFollow);

    /// <summary>Of what a link leads to, and of anything else itself; null when there is none.</summary>
    /// <exception cref="LinuxException"/>
    public static FileStatus? FindTarget(KernelPath path) => Find(path, 0);

    private static FileStatus? Find(KernelPath path, int flags)
    {
        try
        {
            return Read(CurrentFolder, path, flags, path.ToString());
        }
        catch (LinuxException error) when (error.Errno is Errno.ENOENT or Errno.ENOTDIR || flags == 0 && error.Errno == Errno.ELOOP)
        {
            return null;
        }
    }

    /// <exception cref="LinuxException"/>
    public static FileStatus Of(SafeFileHandle open, string shownAs) => Read((int)open.DangerousGetHandle(), KernelPath.Of(""), EmptyPath, shownAs);

    // struct statx: links at 16, user 20, group 24, mode 28, inode 32, size 40, last change 112, the device a node stands for 128, the one it lies on 136, the mount 144.
    private static unsafe FileStatus Read(int folder, KernelPath path, int flags, string shownAs)
    {
        var buffer = stackalloc byte[256];
        if (FileCalls.statx(folder, path.Bytes, flags, BasicStats | MountId, buffer) != 0) throw LinuxException.Last($"stat {shownAs}");
        var mode = *(ushort*)(buffer + 28);
        return new(
            (FileKind)(mode & (int)FileKind.Mask), mode, *(uint*)(buffer + 20), *(uint*)(buffer + 24), *(uint*)(buffer + 16), *(ulong*)(buffer + 32),
            *(ulong*)(buffer + 136), DeviceNumber(*(uint*)(buffer + 128), *(uint*)(buffer + 132)), *(ulong*)(buffer + 144), *(long*)(buffer + 40),
            *(long*)(buffer + 112), *(uint*)(buffer + 120));
    }

    // glibc's makedev
    internal static ulong DeviceNumber(ulong major, ulong minor) =>
        (minor & 0xff) | ((major & 0xfff) << 8) | ((minor & ~0xfful) << 12) | ((major & ~0xffful) << 32);
}
