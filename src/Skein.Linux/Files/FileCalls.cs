using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Skein.Linux.Files;

/// <summary>The system calls on files that .NET has no word for.</summary>
internal static partial class FileCalls
{
    public const int PathOnly = 0x200000;
    public const int CloseOnExec = 0x80000;
    public const int CurrentFolder = -100;
    public const int LinkItself = 0x100;
    public const int RemoveFolder = 0x200;
    public const int WriteOnly = 1;
    public const int Create = 0x40;
    public const int Exclusive = 0x80;

    /// <summary>A time that stays as it is: UTIME_OMIT.</summary>
    public const long Omit = 0x3ffffffe;

    public const uint NoReplace = 1;

    // O_DIRECTORY and O_NOFOLLOW, of the few flags whose numbers differ.
    public static readonly int FolderOnly = IsArm ? 0x4000 : 0x10000;
    public static readonly int NoFollow = IsArm ? 0x8000 : 0x20000;

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int open(string path, int flags);

    // openat2 has no wrapper in glibc.
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static unsafe partial nint syscall(nint number, SafeFileHandle folder, string path, OpenHow* how, nint size);

    // From here on paths and names as the kernel has them, with their zero at the end: a container's need be no UTF-8.
    [LibraryImport("libc", SetLastError = true)]
    public static partial int open(ReadOnlySpan<byte> path, int flags, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    public static unsafe partial int statx(int folder, ReadOnlySpan<byte> path, int flags, uint mask, byte* buffer);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int mkdir(ReadOnlySpan<byte> path, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int link(ReadOnlySpan<byte> existing, ReadOnlySpan<byte> path);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int symlink(ReadOnlySpan<byte> to, ReadOnlySpan<byte> path);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint readlink(ReadOnlySpan<byte> path, Span<byte> to, nint size);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int unlink(ReadOnlySpan<byte> path);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int rmdir(ReadOnlySpan<byte> path);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint read(SafeFileHandle file, Span<byte> to, nint size);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint write(SafeFileHandle file, ReadOnlySpan<byte> from, nint size);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int mknod(ReadOnlySpan<byte> path, uint mode, ulong device);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int lchown(ReadOnlySpan<byte> path, uint user, uint group);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int chmod(ReadOnlySpan<byte> path, uint mode);

    /// <param name="times">Seconds and nanoseconds, of the last access and of the last change.</param>
    [LibraryImport("libc", SetLastError = true)]
    public static partial int utimensat(int folder, ReadOnlySpan<byte> path, ReadOnlySpan<long> times, int flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint llistxattr(ReadOnlySpan<byte> path, Span<byte> list, nint size);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint lgetxattr(ReadOnlySpan<byte> path, ReadOnlySpan<byte> name, Span<byte> value, nint size);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int lsetxattr(ReadOnlySpan<byte> path, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, nint size, int flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int openat(SafeFileHandle folder, ReadOnlySpan<byte> name, int flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int unlinkat(SafeFileHandle folder, ReadOnlySpan<byte> name, int flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int renameat2(SafeFileHandle fromFolder, ReadOnlySpan<byte> from, SafeFileHandle toFolder, ReadOnlySpan<byte> to, uint flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint getdents64(SafeFileHandle folder, Span<byte> entries, nint size);

    private static bool IsArm => RuntimeInformation.ProcessArchitecture is Architecture.Arm or Architecture.Arm64;

    // openat2.h
    [StructLayout(LayoutKind.Sequential)]
    public struct OpenHow
    {
        public ulong Flags;
        public ulong Mode;
        public ulong Resolve;
    }
}
