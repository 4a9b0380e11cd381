using System.Text;

namespace Skein.Linux.Files;

/// <summary>Copies a folder with everything that a container can tell its files by: owners, modes, times, attributes, links, nodes.</summary>
public static class FileTree
{
    private const uint Permissions = 0xfff;
    private const int AttributesMax = 64 << 10;   // the kernel's bound for a list and for a value

    /// <summary>Into a folder that is there, which takes the source's own owner and mode too.</summary>
    /// <exception cref="IOException">Also a <see cref="LinuxException"/>; what was copied by then stays.</exception>
    public static void Copy(string source, string target) => Copy(source, target, []);

    /// <summary>Bytes in its files, each counted once. What changes meanwhile is counted or not; what lies behind links is not.</summary>
    public static long Size(string folder, CancellationToken cancel)
    {
        var (size, seen, waiting) = (0L, new HashSet<(ulong, ulong)>(), new Stack<string>([folder]));
        while (waiting.TryPop(out var next))
        {
            cancel.ThrowIfCancellationRequested();
            try
            {
                foreach (var entry in Directory.EnumerateFileSystemEntries(next))
                {
                    // It went while it was looked at, or has a name that is no UTF-8: the others count all the same.
                    if (FileStatus.Find(entry) is not { } status) continue;
                    if (status.Kind == FileKind.Folder) waiting.Push(entry);
                    else if (status.Links == 1 || seen.Add((status.Device, status.Inode))) size += status.Size;
                }
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // It went while it was looked at.
            }
        }
        return size;
    }

    private static void Copy(string source, string target, Dictionary<(ulong Device, ulong Inode), string> linked)
    {
        var status = FileStatus.Of(source);
        if (status.Kind != FileKind.Folder && status.Links > 1)
        {
            if (linked.TryGetValue((status.Device, status.Inode), out var first))
            {
                if (FileCalls.link(first, target) != 0) throw LinuxException.Last($"link {target} to {first}");
                return;
            }
            linked[(status.Device, status.Inode)] = target;
        }
        switch (status.Kind)
        {
            case FileKind.Folder:
                Directory.CreateDirectory(target);
                foreach (var entry in Directory.EnumerateFileSystemEntries(source)) Copy(entry, Path.Join(target, Path.GetFileName(entry)), linked);
                break;
            case FileKind.Plain:
                File.Copy(source, target);
                break;
            case FileKind.Link:
                File.CreateSymbolicLink(target, new FileInfo(source).LinkTarget!);
                break;
            default:
                if (FileCalls.mknod(target, status.Mode, status.RawDevice) != 0) throw LinuxException.Last($"make node {target}");
                break;
        }
        TakeOver(source, target, status);
    }

    /// <summary>The owner first: the kernel takes set-user-id and capabilities off a file that changes hands.</summary>
    internal static void TakeOver(string source, string target, FileStatus status)
    {
        FileOwner.Change(target, status.User, status.Group);
        if (status.Kind == FileKind.Link) return;
        File.SetUnixFileMode(target, (UnixFileMode)(status.Mode & Permissions));
        CopyAttributes(source, target);
        if (status.Kind == FileKind.Folder) Directory.SetLastWriteTimeUtc(target, Directory.GetLastWriteTimeUtc(source));
        else File.SetLastWriteTimeUtc(target, File.GetLastWriteTimeUtc(source));
    }

    private static void CopyAttributes(string source, string target)
    {
        if (FileCalls.llistxattr(source, [], 0) <= 0) return;   // none, or a file system without them
        Span<byte> names = new byte[AttributesMax];
        Span<byte> value = new byte[AttributesMax];
        var length = FileCalls.llistxattr(source, names, names.Length);
        if (length < 0) throw LinuxException.Last($"list the attributes of {source}");
        foreach (var name in Encoding.UTF8.GetString(names[..(int)length]).Split('\0', StringSplitOptions.RemoveEmptyEntries))
        {
            var size = FileCalls.lgetxattr(source, name, value, value.Length);
            if (size < 0) continue;
            if (FileCalls.lsetxattr(target, name, value[..(int)size], size, 0) == 0) continue;
            var error = LinuxException.Last($"set attribute {name} of {target}");
            if (error.Errno != Errno.EOPNOTSUPP) throw error;
        }
    }
}
