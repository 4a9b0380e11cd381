using Microsoft.Win32.SafeHandles;

namespace Skein.Linux.Files;

/// <summary>Copies a folder with everything that a container can tell its files by: owners, modes, times, attributes, links, nodes.</summary>
public static class FileTree
{
    /// <summary>Into a folder that is there, which takes the source's own owner and mode too.</summary>
    /// <exception cref="IOException">Also a <see cref="LinuxException"/>; what was copied by then stays.</exception>
    public static void Copy(string source, string target)
    {
        var (from, to) = (KernelPath.Of(source), KernelPath.Of(target));
        var linked = new Dictionary<(ulong, ulong), KernelPath>();
        foreach (var name in from.Names()) Copy(from.Below(name), to.Below(name), linked);
        TakeOver(from, to, FileStatus.Of(from));
    }

    /// <summary>Bytes in its files, each counted once. What changes meanwhile is counted or not; what lies behind links is not.</summary>
    public static long Size(string folder, CancellationToken cancel)
    {
        var (size, seen, waiting) = (0L, new HashSet<(ulong, ulong)>(), new Stack<KernelPath>([KernelPath.Of(folder)]));
        while (waiting.TryPop(out var next))
        {
            cancel.ThrowIfCancellationRequested();
            try
            {
                foreach (var entry in next.Names().Select(name => next.Below(name)))
                {
                    if (FileStatus.Find(entry) is not { } status) continue;
                    if (status.Kind == FileKind.Folder) waiting.Push(entry);
                    else if (status.Links == 1 || seen.Add((status.Device, status.Inode))) size += status.Size;
                }
            }
            catch (LinuxException)
            {
                // It went while it was looked at.
            }
        }
        return size;
    }

    private static void Copy(KernelPath source, KernelPath target, Dictionary<(ulong Device, ulong Inode), KernelPath> linked)
    {
        var status = FileStatus.Of(source);
        if (status.Kind != FileKind.Folder && status.Links > 1 && !linked.TryAdd((status.Device, status.Inode), target))
        {
            Check(FileCalls.link(linked[(status.Device, status.Inode)].Bytes, target.Bytes), "link", target);
            return;
        }
        switch (status.Kind)
        {
            case FileKind.Folder:
                Check(FileCalls.mkdir(target.Bytes, 0x1c0), "make folder", target);   // 0700, until it has what it shall have
                foreach (var name in source.Names()) Copy(source.Below(name), target.Below(name), linked);
                break;
            case FileKind.Plain:
                CopyContent(source, target);
                break;
            case FileKind.Link:
                CopyLink(source, target);
                break;
            default:
                Check(FileCalls.mknod(target.Bytes, status.Mode, status.RawDevice), "make node", target);
                break;
        }
        TakeOver(source, target, status);
    }

    private static void CopyContent(KernelPath source, KernelPath target)
    {
        using var from = Open(source, FileCalls.NoFollow);
        using var to = Open(target, FileCalls.WriteOnly | FileCalls.Create | FileCalls.Exclusive);
        using var reading = new FileStream(from, FileAccess.Read, bufferSize: 0);
        using var writing = new FileStream(to, FileAccess.Write, bufferSize: 0);
        reading.CopyTo(writing);
    }

    private static SafeFileHandle Open(KernelPath path, int flags)
    {
        var handle = new SafeFileHandle(FileCalls.open(path.Bytes, flags | FileCalls.CloseOnExec, 0x180), ownsHandle: true);   // 0600
        return handle.IsInvalid ? throw LinuxException.Last($"open {path}") : handle;
    }

    private static void CopyLink(KernelPath source, KernelPath target)
    {
        FileMaking.Link(KernelPath.Of(FileLink.Read(source)), target);
    }

    /// <summary>The owner first: the kernel takes set-user-id and capabilities off a file that changes hands.</summary>
    internal static void TakeOver(KernelPath source, KernelPath target, FileStatus status)
    {
        Check(FileCalls.lchown(target.Bytes, status.User, status.Group), "change the owner of", target);
        var isLink = status.Kind == FileKind.Link;
        if (!isLink)
        {
            Check(FileCalls.chmod(target.Bytes, status.Mode & FileStatus.PermissionBits), "change the mode of", target);
            CopyAttributes(source, target);
        }
        ReadOnlySpan<long> times = [0, FileCalls.Omit, status.ModifiedSeconds, status.ModifiedNanoseconds];
        Check(FileCalls.utimensat(FileCalls.CurrentFolder, target.Bytes, times, isLink ? FileCalls.LinkItself : 0), "change the time of", target);
    }

    private static void CopyAttributes(KernelPath source, KernelPath target)
    {
        if (FileCalls.llistxattr(source.Bytes, [], 0) <= 0) return;   // none, or a file system without them
        Span<byte> names = new byte[ExtendedAttribute.SizeMax];
        Span<byte> value = new byte[ExtendedAttribute.SizeMax];
        var length = FileCalls.llistxattr(source.Bytes, names, names.Length);
        if (length < 0) throw LinuxException.Last($"list the attributes of {source}");
        for (var rest = names[..(int)length]; rest.Length > 0;)
        {
            var name = rest[..(rest.IndexOf((byte)0) + 1)];
            rest = rest[name.Length..];
            var size = FileCalls.lgetxattr(source.Bytes, name, value, value.Length);
            if (size < 0) continue;
            if (FileCalls.lsetxattr(target.Bytes, name, value[..(int)size], size, 0) == 0) continue;
            var error = LinuxException.Last($"set attribute {KernelPath.Shown(name)} of {target}");
            if (error.Errno != Errno.EOPNOTSUPP) throw error;
        }
    }

    private static void Check(int result, string what, KernelPath path)
    {
        if (result < 0) throw LinuxException.Last($"{what} {path}");
    }
}
