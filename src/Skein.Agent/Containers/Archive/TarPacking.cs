using Skein.Agent.Tar;
using Skein.Linux;
using Skein.Linux.Files;

namespace Skein.Agent.Containers.Archive;

/// <summary>
/// Files as a tar, on a thread inside the container's root. Owners by number alone: to ask libc for their names would have it load the
/// container's libraries into the daemon (CVE-2019-14271 was that). Sockets are left out, as in Docker.
/// </summary>
/// <param name="oneFileSystem">What is mounted below is an empty folder.</param>
internal sealed class TarPacking(Stream target, bool oneFileSystem, CancellationToken cancel)
{
    private const int PieceBytes = 64 << 10;

    private static readonly Lazy<bool> s_touched = new(TouchAll);

    private readonly byte[] _piece = new byte[PieceBytes];
    private readonly Dictionary<(ulong, ulong), byte[]> _linked = [];

    // Not by calling itself: folders lie in each other two thousand deep, and the thread's stack is small.
    private readonly Stack<(KernelPath Path, byte[] Name)> _waiting = [];

    /// <summary>So that nothing is loaded from a file once the thread is inside; once is enough.</summary>
    public static void Touch() => _ = s_touched.Value;

    private static bool TouchAll()
    {
        var tar = new MemoryStream();
        var packing = new TarPacking(tar, oneFileSystem: true, default);
        packing.Add("/proc/self/stat", "x"u8);
        packing.Add("/proc/self/fd", "y"u8);
        packing.End();
        tar.Position = 0;
        var input = new TarInput(tar);
        while (input.Next() is not null) _ = input.Read(packing._piece);
        _ = FileStatus.FindTarget("/proc/self/nothing");
        return true;
    }

    /// <param name="name">The entry's; what lies below gets it before its own. Empty: what lies below alone.</param>
    public void Add(KernelPath path, ReadOnlySpan<byte> name)
    {
        var first = FileStatus.Of(path);
        Add(path, name.ToArray(), first, first.Device);
        while (_waiting.TryPop(out var next))
        {
            cancel.ThrowIfCancellationRequested();
            // It may have gone meanwhile.
            if (FileStatus.Find(next.Path) is { } status) Add(next.Path, next.Name, status, first.Device);
        }
    }

    /// <summary>After the last.</summary>
    public void End() => target.Write(TarHeadWriter.End.Span);

    private void Add(KernelPath path, byte[] name, FileStatus status, ulong device)
    {
        var isFolder = status.Kind == FileKind.Folder;
        if (name.Length > 0) Write(path, isFolder ? [.. name, (byte)'/'] : name, status);
        if (!isFolder || oneFileSystem && status.Device != device) return;
        foreach (var own in NamesIn(path)) _waiting.Push((path.Below(own), name.Length > 0 ? [.. name, (byte)'/', .. own[..^1]] : own[..^1]));
    }

    /// <summary>The last first, for the sake of the stack that they come on.</summary>
    private static List<byte[]> NamesIn(KernelPath folder)
    {
        try
        {
            var names = folder.Names();
            names.Sort((one, other) => other.AsSpan().SequenceCompareTo(one));
            return names;
        }
        catch (LinuxException error) when (error.Errno is Errno.ENOENT or Errno.ENOTDIR)
        {
            return [];   // gone meanwhile
        }
    }

    private void Write(KernelPath path, byte[] name, FileStatus status)
    {
        var isOneOfSome = status.Kind != FileKind.Folder && status.Links > 1;
        if (isOneOfSome && _linked.TryGetValue((status.Device, status.Inode), out var first)) target.Write(TarHeadWriter.Bytes(Head(TarKind.HardLink, name, status) with { LinkName = first }));
        else if (TryWrite(path, name, status) && isOneOfSome) _linked.Add((status.Device, status.Inode), name);
    }

    /// <returns>false for what is not taken along, or is gone.</returns>
    private bool TryWrite(KernelPath path, byte[] name, FileStatus status)
    {
        if (KindOf(status.Kind) is not { } kind || WholeHead(kind, path, name, status) is not { } head) return false;
        if (kind == TarKind.Plain) return TryWritePlain(path, head);
        target.Write(TarHeadWriter.Bytes(head));
        return true;
    }

    private bool TryWritePlain(KernelPath path, TarHead head)
    {
        using var content = PlainFile.OpenRead(path);
        if (content is null) return false;
        target.Write(TarHeadWriter.Bytes(head));
        // One of the kernel's has no size, and one that grows, or is cut, must have as many bytes as its head says.
        for (var left = head.Size; left > 0;)
        {
            cancel.ThrowIfCancellationRequested();
            var piece = _piece.AsSpan(0, (int)Math.Min(left, _piece.Length));
            var count = content.Read(piece);
            if (count == 0) piece.Clear();
            else piece = piece[..count];
            target.Write(piece);
            left -= piece.Length;
        }
        target.Write(TarHeadWriter.GapAfter(head.Size).Span);
        return true;
    }

    /// <returns>null for what no tar has.</returns>
    private static TarKind? KindOf(FileKind kind) => kind switch
    {
        FileKind.Plain => TarKind.Plain,
        FileKind.Folder => TarKind.Folder,
        FileKind.Link => TarKind.Link,
        FileKind.Pipe => TarKind.Pipe,
        FileKind.CharacterDevice => TarKind.CharacterDevice,
        FileKind.BlockDevice => TarKind.BlockDevice,
        _ => null,
    };

    /// <returns>null when it is gone meanwhile, or something else.</returns>
    private static TarHead? WholeHead(TarKind kind, KernelPath path, byte[] name, FileStatus status)
    {
        try
        {
            var head = Head(kind, name, status) with { Attributes = CapabilityAttribute.Of(path) };
            return kind switch
            {
                TarKind.Plain => head with { Size = status.Size },
                TarKind.Link => head with { LinkName = FileLink.Read(path) },
                TarKind.CharacterDevice or TarKind.BlockDevice => head with { Major = status.RawMajor, Minor = status.RawMinor },
                _ => head,
            };
        }
        catch (LinuxException error) when (error.Errno is Errno.ENOENT or Errno.ENOTDIR || (error.Errno is Errno.EINVAL && kind == TarKind.Link))
        {
            return null;
        }
    }

    private static TarHead Head(TarKind kind, byte[] name, FileStatus status) => new(kind, name)
    {
        Mode = status.Mode & FileStatus.PermissionBits,
        User = status.User,
        Group = status.Group,
        ModifiedSeconds = status.ModifiedSeconds,
    };
}
