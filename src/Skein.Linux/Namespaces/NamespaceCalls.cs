using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Skein.Linux.Namespaces;

/// <summary>The system calls under <see cref="NetworkNamespace"/>; Enter and Unshare change the calling thread for good.</summary>
internal static partial class NamespaceCalls
{
    private const int CloneNewNet = 0x40000000;
    private const int ReadOnly = 0;
    private const int CloseOnExec = 0x80000;
    private const long NsFsMagic = 0x6e736673;

    public static SafeFileHandle Open(string path)
    {
        var fd = open(path, ReadOnly | CloseOnExec);
        if (fd < 0) throw LinuxException.Last($"open network namespace {path}");
        return new SafeFileHandle(fd, ownsHandle: true);
    }

    /// <summary>Whether the open file lies on the kernel's nsfs, i.e. is a namespace and not the empty file under a lost pin.</summary>
    public static unsafe bool IsNamespace(SafeFileHandle handle)
    {
        // struct statfs begins with the file system's type, a long; 120 bytes on 64-bit.
        var buffer = stackalloc long[32];
        if (fstatfs(handle, buffer) != 0) throw LinuxException.Last("fstatfs");
        return buffer[0] == NsFsMagic;
    }

    public static unsafe ulong Inode(SafeFileHandle handle, string path)
    {
        const int emptyPath = 0x1000, inodeBit = 0x100, inodeOffset = 32;
        var buffer = stackalloc byte[256];
        if (statx(handle, "", emptyPath, inodeBit, buffer) != 0) throw LinuxException.Last($"stat {path}");
        return *(ulong*)(buffer + inodeOffset);
    }

    public static void Enter(SafeFileHandle handle, string path)
    {
        if (setns(handle, CloneNewNet) != 0) throw LinuxException.Last($"enter network namespace {path}");
    }

    public static void Unshare()
    {
        if (unshare(CloneNewNet) != 0) throw LinuxException.Last("make a network namespace");
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int fstatfs(SafeFileHandle fd, long* buffer);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int statx(SafeFileHandle fd, string path, int flags, uint mask, byte* buffer);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setns(SafeFileHandle fd, int type);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int unshare(int flags);
}
