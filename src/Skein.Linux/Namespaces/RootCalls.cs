using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Skein.Linux.Namespaces;

/// <summary>The system calls under <see cref="RootedThread"/>; each changes the calling thread for good.</summary>
internal static partial class RootCalls
{
    private const int OwnFolders = 0x200;    // CLONE_FS: root and working folder
    private const int OwnMounts = 0x20000;   // CLONE_NEWNS

    public static void Unshare(bool mountsToo)
    {
        if (unshare(OwnFolders | (mountsToo ? OwnMounts : 0)) != 0) throw LinuxException.Last("unshare root and mounts");
    }

    public static void Enter(SafeFileHandle root)
    {
        if (fchdir(root) != 0 || chroot(".") != 0 || chdir("/") != 0) throw LinuxException.Last("enter a container's root");
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int unshare(int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fchdir(SafeFileHandle folder);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int chroot(string path);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int chdir(string path);
}
