using System.Formats.Tar;
using Skein.Linux.Files;
using Skein.Model;

namespace Skein.Agent.Containers.Archive;

/// <summary>
/// Files as a tar, on a thread inside the container's root. Owners by number alone: to ask libc for their names would have it load the
/// container's libraries into the daemon (CVE-2019-14271 was that). Sockets are left out, as in Docker.
/// </summary>
internal sealed class TarPacking : IDisposable
{
    private const uint Permissions = 0xfff;

    private static readonly Lazy<bool> s_touched = new(TouchAll);

    private readonly TarWriter _tar;
    private readonly bool _oneFileSystem;
    private readonly CancellationToken _cancel;
    private readonly Dictionary<(ulong, ulong), string> _linked = [];

    /// <param name="oneFileSystem">What is mounted below is an empty folder.</param>
    public TarPacking(Stream target, bool oneFileSystem, CancellationToken cancel) =>
        (_tar, _oneFileSystem, _cancel) = (new(target, TarEntryFormat.Pax, leaveOpen: true), oneFileSystem, cancel);

    /// <summary>So that nothing is loaded from a file once the thread is inside; once is enough.</summary>
    public static void Touch() => _ = s_touched.Value;

    private static bool TouchAll()
    {
        using var packing = new TarPacking(Stream.Null, oneFileSystem: false, default);
        packing.Write("/proc/self/stat", "x", FileStatus.Of("/proc/self/stat"));
        packing.Write("/", "y/", FileStatus.Of("/"));
        return Directory.EnumerateFileSystemEntries("/").Count() > 0;
    }

    /// <param name="name">The entry's; what lies below gets it before its own. Empty: what lies below alone.</param>
    public void Add(string path, string name)
    {
        var status = FileStatus.Of(path);
        Add(path, name, status, status.Device);
    }

    public void Dispose() => _tar.Dispose();

    private void Add(string path, string name, FileStatus status, ulong device)
    {
        _cancel.ThrowIfCancellationRequested();
        var isFolder = status.Kind == FileKind.Folder;
        if (name.Length > 0) Write(path, isFolder ? name + "/" : name, status);
        if (!isFolder || _oneFileSystem && status.Device != device) return;
        foreach (var below in Directory.EnumerateFileSystemEntries(path).Order(StringComparer.Ordinal))
        {
            var own = Path.GetFileName(below);
            if (own.Contains('\uFFFD')) throw SkeinException.Invalid($"a name below {path} is no UTF-8, which a tar's names are: {own}");
            // It may have gone meanwhile.
            if (FileStatus.Find(below) is { } found) Add(below, name.Length > 0 ? $"{name}/{own}" : own, found, device);
        }
    }

    private void Write(string path, string name, FileStatus status)
    {
        if (status.Kind != FileKind.Folder && status.Links > 1 && !_linked.TryAdd((status.Device, status.Inode), name))
        {
            _tar.WriteEntry(Entry(TarEntryType.HardLink, name, status, _linked[(status.Device, status.Inode)]));
            return;
        }
        switch (status.Kind)
        {
            case FileKind.Plain:
                WritePlain(path, name, status);
                break;
            case FileKind.Folder:
                _tar.WriteEntry(Entry(TarEntryType.Directory, name, status));
                break;
            case FileKind.Link:
                _tar.WriteEntry(Entry(TarEntryType.SymbolicLink, name, status, new FileInfo(path).LinkTarget ?? ""));
                break;
            case FileKind.Pipe:
                _tar.WriteEntry(Entry(TarEntryType.Fifo, name, status));
                break;
            case FileKind.CharacterDevice or FileKind.BlockDevice:
                var device = DeviceNode.Read(path);
                var entry = Entry(status.Kind == FileKind.BlockDevice ? TarEntryType.BlockDevice : TarEntryType.CharacterDevice, name, status);
                if (device is not null) (entry.DeviceMajor, entry.DeviceMinor) = ((int)device.Major, (int)device.Minor);
                _tar.WriteEntry(entry);
                break;
        }
    }

    private void WritePlain(string path, string name, FileStatus status)
    {
        using var content = PlainFile.OpenRead(path);
        if (content is null) return;
        var entry = Entry(TarEntryType.RegularFile, name, status);
        // One of the kernel's has no size, and one that grows must not be longer than its head says.
        entry.DataStream = new SizedStream(content, status.Size);
        _tar.WriteEntry(entry);
    }

    private static PaxTarEntry Entry(TarEntryType type, string name, FileStatus status, string? link = null)
    {
        var entry = new PaxTarEntry(type, name)
        {
            Uid = (int)status.User,
            Gid = (int)status.Group,
            Mode = (UnixFileMode)(status.Mode & Permissions),
            ModificationTime = DateTimeOffset.FromUnixTimeSeconds(status.ModifiedSeconds),
        };
        if (link is not null) entry.LinkName = link.Length > 0 ? link : throw SkeinException.Invalid($"the link {name} leads nowhere");
        return entry;
    }
}
