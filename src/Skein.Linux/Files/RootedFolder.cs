using Microsoft.Win32.SafeHandles;

namespace Skein.Linux.Files;

/// <summary>A folder below a root that is not to be trusted: links in it, absolute ones too, lead nowhere but into that root.</summary>
public sealed class RootedFolder : IDisposable
{
    private readonly SafeFileHandle _handle;

    private RootedFolder(SafeFileHandle handle) => _handle = handle;

    /// <summary>Leads to the folder for as long as this is open.</summary>
    public string Path => $"/proc/self/fd/{_handle.DangerousGetHandle()}/.";

    /// <returns>null when there is nothing under the path, or no folder.</returns>
    /// <exception cref="LinuxException"/>
    public static RootedFolder? Open(string root, string path)
    {
        using var top = RootedPath.OpenRoot(root);
        var handle = RootedPath.Open(top, path);
        if (handle is null) return null;
        if (FileStatus.Of(handle, path).Kind == FileKind.Folder) return new(handle);
        handle.Dispose();
        return null;
    }

    public void Dispose() => _handle.Dispose();
}
