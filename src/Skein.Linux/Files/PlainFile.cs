using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Skein.Linux.Files;

/// <summary>A file with bytes in it, from front to back, where somebody else may put a pipe or a link in its place at any moment.</summary>
public sealed class PlainFile : IDisposable
{
    private const int NonBlocking = 0x800;

    private readonly SafeFileHandle _file;
    private readonly KernelPath _path;

    private PlainFile(SafeFileHandle file, KernelPath path) => (_file, _path) = (file, path);

    /// <returns>null when it is no plain file (any more); nothing is waited for, and no link followed.</returns>
    /// <exception cref="LinuxException"/>
    public static PlainFile? OpenRead(KernelPath path)
    {
        var handle = new SafeFileHandle(FileCalls.open(path.Bytes, FileCalls.NoFollow | NonBlocking | FileCalls.CloseOnExec, 0), ownsHandle: true);
        if (handle.IsInvalid)
        {
            var error = LinuxException.Last($"open {path}");
            return error.Errno is Errno.ENOENT or Errno.ENOTDIR or Errno.ELOOP ? null : throw error;
        }
        if (FileStatus.Of(handle, path.ToString()).Kind == FileKind.Plain) return new(handle, path);
        handle.Dispose();
        return null;
    }

    /// <summary>A new one.</summary>
    /// <exception cref="LinuxException">Also where there is something already.</exception>
    public static PlainFile Create(KernelPath path)
    {
        var flags = FileCalls.WriteOnly | FileCalls.Create | FileCalls.Exclusive | FileCalls.NoFollow | FileCalls.CloseOnExec;
        var handle = new SafeFileHandle(FileCalls.open(path.Bytes, flags, 0x180), ownsHandle: true);   // 0600
        return handle.IsInvalid ? throw LinuxException.Last($"open {path}") : new(handle, path);
    }

    /// <returns>How many; 0 at its end.</returns>
    /// <exception cref="LinuxException"/>
    public int Read(Span<byte> to)
    {
        while (true)
        {
            var count = FileCalls.read(_file, to, to.Length);
            if (count >= 0) return (int)count;
            if (Marshal.GetLastPInvokeError() != Errno.EINTR) throw LinuxException.Last($"read {_path}");
        }
    }

    /// <summary>All of it.</summary>
    /// <exception cref="LinuxException"/>
    public void Write(ReadOnlySpan<byte> from)
    {
        while (from.Length > 0)
        {
            var count = FileCalls.write(_file, from, from.Length);
            if (count >= 0) from = from[(int)count..];
            else if (Marshal.GetLastPInvokeError() != Errno.EINTR) throw LinuxException.Last($"write {_path}");
        }
    }

    public void Dispose() => _file.Dispose();
}
