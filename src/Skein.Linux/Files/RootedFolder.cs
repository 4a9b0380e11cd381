using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Skein.Linux.Files;

/// <summary>A folder below a root that is not to be trusted: links in it, absolute ones too, lead nowhere but into that root.</summary>
public sealed class RootedFolder : IDisposable
{
    private const nint OpenAt2 = 437;   // the same on every architecture
    private const ulong ResolveInRoot = 0x10;

    private readonly SafeFileHandle _handle;

    private RootedFolder(SafeFileHandle handle) => _handle = handle;

    /// <summary>Leads to the folder for as long as this is open.</summary>
    public string Path => $"/proc/self/fd/{_handle.DangerousGetHandle()}/.";

    /// <returns>null when there is nothing under the path, or no folder.</returns>
    /// <exception cref="LinuxException"/>
    public static unsafe RootedFolder? Open(string root, string path)
    {
        using var top = new SafeFileHandle(FileCalls.open(root, FileCalls.PathOnly | FileCalls.CloseOnExec), ownsHandle: true);
        if (top.IsInvalid) throw LinuxException.Last($"open {root}");
        var how = new FileCalls.OpenHow { Flags = FileCalls.PathOnly | FileCalls.CloseOnExec, Resolve = ResolveInRoot };
        var handle = new SafeFileHandle(FileCalls.syscall(OpenAt2, top, path, &how, sizeof(FileCalls.OpenHow)), ownsHandle: true);
        if (handle.IsInvalid)
        {
            var error = Marshal.GetLastPInvokeError();
            return error is Errno.ENOENT or Errno.ENOTDIR ? null : throw new LinuxException($"open {path} in {root}", error);
        }
        if (FileStatus.Of(handle, path).Kind == FileKind.Folder) return new(handle);
        handle.Dispose();
        return null;
    }

    public void Dispose() => _handle.Dispose();
}
