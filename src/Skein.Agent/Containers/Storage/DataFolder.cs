namespace Skein.Agent.Containers.Storage;

/// <summary>
/// Folders of the data root: what containers have written, into volumes and logs, is not every user's of the host. As dockerd's,
/// open to root's group alone, and only to pass through.
/// </summary>
public static class DataFolder
{
    public const UnixFileMode Mode =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute;   // 0710

    public const UnixFileMode LogMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;   // 0640

    /// <summary>One that is there, made by an earlier release or by hand, is closed as well.</summary>
    public static void Ensure(string path)
    {
        Directory.CreateDirectory(path, Mode);
        File.SetUnixFileMode(path, Mode);
    }
}
