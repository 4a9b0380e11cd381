using Microsoft.Win32.SafeHandles;

namespace Skein.Linux.Files;

/// <summary>A file or folder below a root that is not to be trusted: links in it, absolute ones too, lead nowhere but into that root.</summary>
public sealed class RootedEntry : IDisposable
{
    private readonly SafeFileHandle _handle;

    private RootedEntry(SafeFileHandle handle, FileStatus status) => (_handle, IsFolder, IsPlain, Size) = (handle, status.Kind == FileKind.Folder, status.Kind == FileKind.Plain, status.Size);

    public bool IsFolder { get; }

    /// <summary>A file with bytes in it: no pipe, which would hold its reader, and no device.</summary>
    public bool IsPlain { get; }

    /// <summary>Bytes.</summary>
    public long Size { get; }

    /// <summary>Leads to it for as long as this is open, whatever is put in its place meanwhile.</summary>
    public string Path => $"/proc/self/fd/{_handle.DangerousGetHandle()}";

    /// <returns>null when there is nothing under the path.</returns>
    /// <exception cref="LinuxException"/>
    public static RootedEntry? Open(string root, string path)
    {
        using var top = RootedPath.OpenRoot(root);
        var handle = RootedPath.Open(top, path);
        return handle is null ? null : new(handle, FileStatus.Of(handle, path));
    }

    public void Dispose() => _handle.Dispose();
}
