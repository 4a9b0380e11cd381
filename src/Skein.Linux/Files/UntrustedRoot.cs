using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Skein.Linux.Files;

/// <summary>A file system that somebody else fills, a running container's too, and files read from it as they are at the moment.</summary>
public sealed class UntrustedRoot : IDisposable
{
    private readonly SafeFileHandle _root;

    private UntrustedRoot(SafeFileHandle root) => _root = root;

    /// <exception cref="LinuxException"/>
    public static UntrustedRoot Open(string root) => new(RootedPath.OpenRoot(root));

    /// <summary>Whether there is anything under the path, be it what <see cref="ReadText"/> does not read.</summary>
    public bool Has(string path)
    {
        using var found = RootedPath.Open(_root, path);
        return found is not null;
    }

    /// <returns>null when there is no such plain file, or it has more bytes than that.</returns>
    /// <exception cref="IOException">Also a <see cref="LinuxException"/>.</exception>
    public string? ReadText(string path, int bytesMax)
    {
        using var found = RootedPath.Open(_root, path);
        // Seen before it is opened for reading: that of a pipe would wait, and that of a watchdog's device restart the host.
        if (found is null || FileStatus.Of(found, path).Kind != FileKind.Plain) return null;
        using var file = File.OpenHandle($"/proc/self/fd/{found.DangerousGetHandle()}", FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        // One more than may be: it may grow while it is read.
        var buffer = new byte[Math.Min(RandomAccess.GetLength(file), bytesMax) + 1];
        var length = 0;
        while (length < buffer.Length && RandomAccess.Read(file, buffer.AsSpan(length), length) is > 0 and var count) length += count;
        return length > bytesMax ? null : Encoding.UTF8.GetString(buffer, 0, length);
    }

    public void Dispose() => _root.Dispose();

    internal SafeFileHandle OpenAgain() => RootedPath.OpenRoot($"/proc/self/fd/{_root.DangerousGetHandle()}");
}
