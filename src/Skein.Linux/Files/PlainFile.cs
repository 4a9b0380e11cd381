using Microsoft.Win32.SafeHandles;

namespace Skein.Linux.Files;

/// <summary>Files with bytes in them, where somebody else may put a pipe or a link in their place at any moment.</summary>
public static class PlainFile
{
    private const int NonBlocking = 0x800;

    /// <returns>null when it is no plain file (any more); nothing is waited for, and no link followed.</returns>
    /// <exception cref="LinuxException"/>
    public static FileStream? OpenRead(string path)
    {
        var handle = new SafeFileHandle(FileCalls.open(KernelPath.Of(path).Bytes, FileCalls.NoFollow | NonBlocking | FileCalls.CloseOnExec, 0), ownsHandle: true);
        if (handle.IsInvalid)
        {
            var error = LinuxException.Last($"open {path}");
            return error.Errno is Errno.ENOENT or Errno.ENOTDIR or Errno.ELOOP ? null : throw error;
        }
        if (FileStatus.Of(handle, path).Kind == FileKind.Plain) return new FileStream(handle, FileAccess.Read, bufferSize: 0);
        handle.Dispose();
        return null;
    }

    /// <summary>A new one.</summary>
    /// <exception cref="LinuxException">Also where there is something already.</exception>
    public static FileStream Create(string path)
    {
        var flags = FileCalls.WriteOnly | FileCalls.Create | FileCalls.Exclusive | FileCalls.NoFollow | FileCalls.CloseOnExec;
        var handle = new SafeFileHandle(FileCalls.open(KernelPath.Of(path).Bytes, flags, 0x180), ownsHandle: true);   // 0600
        return handle.IsInvalid ? throw LinuxException.Last($"make {path}") : new FileStream(handle, FileAccess.Write, bufferSize: 0);
    }
}
