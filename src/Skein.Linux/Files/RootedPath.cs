using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Skein.Linux.Files;

/// <summary>
/// Paths below a root that somebody else writes to while they are walked. The kernel resolves them with links, absolute ones too,
/// leading nowhere but into that root, and none of /proc's own links followed.
/// </summary>
internal static class RootedPath
{
    private const nint OpenAt2 = 437;   // the same on every architecture
    private const ulong NoMagicLinks = 0x02;
    private const ulong InRoot = 0x10;

    // The kernel gives up when a folder was moved while it walked; who moves folders without end must not hold us up without end.
    private const int AttemptsMax = 100;

    /// <summary>For its place alone: nothing is opened that a device or a pipe would notice.</summary>
    /// <returns>null when there is nothing under the path.</returns>
    /// <exception cref="LinuxException"/>
    public static SafeFileHandle? Open(SafeFileHandle root, string path)
    {
        for (var attempt = 1; ; attempt++)
        {
            var handle = TryOpen(root, path, out var error);
            if (handle is not null) return handle;
            if (error is Errno.ENOENT or Errno.ENOTDIR or Errno.ELOOP) return null;
            if (error != Errno.EAGAIN || attempt == AttemptsMax) throw new LinuxException($"open {path} below a container's root", error);
        }
    }

    /// <exception cref="LinuxException"/>
    public static SafeFileHandle OpenRoot(string root)
    {
        var top = new SafeFileHandle(FileCalls.open(root, FileCalls.PathOnly | FileCalls.CloseOnExec), ownsHandle: true);
        return top.IsInvalid ? throw LinuxException.Last($"open {root}") : top;
    }

    private static unsafe SafeFileHandle? TryOpen(SafeFileHandle root, string path, out int error)
    {
        var how = new FileCalls.OpenHow { Flags = FileCalls.PathOnly | FileCalls.CloseOnExec, Resolve = InRoot | NoMagicLinks };
        var handle = new SafeFileHandle(FileCalls.syscall(OpenAt2, root, path, &how, sizeof(FileCalls.OpenHow)), ownsHandle: true);
        error = handle.IsInvalid ? Marshal.GetLastPInvokeError() : 0;
        return handle.IsInvalid ? null : handle;
    }
}
