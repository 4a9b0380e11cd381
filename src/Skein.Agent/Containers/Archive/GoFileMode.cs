using Skein.Linux.Files;

namespace Skein.Agent.Containers.Archive;

/// <summary>Go's os.FileMode, which is what clients read: <see href="https://pkg.go.dev/io/fs#FileMode"/></summary>
internal static class GoFileMode
{
    private const uint Folder = 1u << 31, Link = 1u << 27, Device = 1u << 26, Pipe = 1u << 25, Socket = 1u << 24, SetUser = 1u << 23, SetGroup = 1u << 22, CharacterDevice = 1u << 21, Sticky = 1u << 20;

    public static uint Of(FileStatus status)
    {
        var mode = status.Mode & 0x1ff;
        if ((status.Mode & 0x800) != 0) mode |= SetUser;
        if ((status.Mode & 0x400) != 0) mode |= SetGroup;
        if ((status.Mode & 0x200) != 0) mode |= Sticky;
        return mode | status.Kind switch
        {
            FileKind.Folder => Folder,
            FileKind.Link => Link,
            FileKind.BlockDevice => Device,
            FileKind.CharacterDevice => Device | CharacterDevice,
            FileKind.Pipe => Pipe,
            FileKind.Socket => Socket,
            _ => 0,
        };
    }
}
