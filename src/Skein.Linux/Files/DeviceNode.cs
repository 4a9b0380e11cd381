namespace Skein.Linux.Files;

/// <summary>A device's file.</summary>
/// <param name="Type">c or b</param>
/// <param name="Mode">Permission bits.</param>
public sealed record DeviceNode(string Path, char Type, long Major, long Minor, uint Mode, uint User, uint Group)
{
    /// <returns>null when the path leads to no device, links followed.</returns>
    /// <exception cref="LinuxException"/>
    public static DeviceNode? Read(string path)
    {
        if (!System.IO.Path.Exists(path)) return null;
        var real = File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path;
        var status = FileStatus.Of(real);
        if (status.Kind is not (FileKind.CharacterDevice or FileKind.BlockDevice)) return null;
        return new(path, status.Kind == FileKind.BlockDevice ? 'b' : 'c', status.RawMajor, status.RawMinor, status.Mode & FileStatus.PermissionBits, status.User, status.Group);
    }
}
