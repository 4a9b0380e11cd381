using System.Runtime.InteropServices;
using Skein.Linux.Files;

namespace Skein.Linux.Mounts;

/// <summary>Mounting and unmounting. Targets must exist.</summary>
public static partial class MountPoint
{
    private const int DetachFlag = 2;

    /// <summary>Binds a file over a file or a folder over a folder. Read-only takes a second step: the kernel ignores the flag on a fresh bind.</summary>
    public static void Bind(string source, string target, bool readOnly = false, bool recursive = false)
    {
        Mount(source, target, "", MountFlags.Bind | (recursive ? MountFlags.Recursive : 0));
        if (readOnly) Mount("", target, "", MountFlags.Bind | MountFlags.Remount | MountFlags.ReadOnly);
    }

    /// <param name="type">tmpfs, overlay, proc, …; empty for binds and remounts.</param>
    /// <param name="data">The file system's options, comma separated.</param>
    /// <exception cref="LinuxException"/>
    public static void Mount(string source, string target, string type, MountFlags flags, string data = "")
    {
        if (mount(source, target, type, (nuint)flags, data) != 0) throw LinuxException.Last($"mount {source} on {target}");
    }

    /// <summary>Something is mounted on this folder, be it another of the same file system. On one that is not there nothing is.</summary>
    public static bool IsMounted(string folder) => Directory.Exists(folder) && FileStatus.Of(folder).Mount != FileStatus.Of(Path.Combine(folder, "..")).Mount;

    /// <summary>Lazy = out of sight at once, gone when no longer in use. A target that is no mount point is a success.</summary>
    public static void Unmount(string target, bool lazy = false)
    {
        if (umount2(target, lazy ? DetachFlag : 0) == 0) return;
        var errno = Marshal.GetLastPInvokeError();
        if (errno is Errno.EINVAL or Errno.ENOENT) return;
        throw new LinuxException($"unmount {target}", errno);
    }

    /// <summary>Unmounts everything at or below the path, the innermost first. May be repeated.</summary>
    public static void UnmountUnder(string prefix, bool lazy = true)
    {
        foreach (var entry in MountTable.Under(prefix)) Unmount(entry.Target, lazy);
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int mount(string source, string target, string type, nuint flags, string data);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int umount2(string target, int flags);
}
