using System.Formats.Tar;
using System.IO.Compression;
using Skein.Agent.Images;

namespace Skein.Lab.Images;

/// <summary>
/// Makes one layer out of packages, files and links, without unpacking anything: the same inputs give the same bytes,
/// in the order of their paths and with one date.
/// </summary>
internal sealed class LayerBuilder(bool mergedUsr)
{
    private const UnixFileMode Folder = (UnixFileMode)0b111_101_101;
    private const UnixFileMode Sticky = UnixFileMode.StickyBit | (UnixFileMode)0b111_111_111;

    private const string Usr = "usr/";

    private static readonly string[] IntoUsr = ["bin", "lib", "lib64", "sbin"];

    private readonly SortedDictionary<string, TarEntry> _entries = new(StringComparer.Ordinal);

    public void AddPackage(Stream files, Func<string, bool>? keep)
    {
        using var reader = new TarReader(files);
        while (reader.GetNextEntry(copyData: true) is { } entry)
        {
            var path = Placed(entry.Name);
            if (path.Length == 0 || entry.EntryType == TarEntryType.Directory || (keep is not null && !keep(path)))
                continue;
            var link = entry.EntryType == TarEntryType.HardLink ? Placed(entry.LinkName) : entry.LinkName;
            Put(path, entry.EntryType, entry.Mode, link, entry.DataStream);
        }
    }

    public void AddFile(string path, byte[] content, UnixFileMode mode) =>
        Put(path, TarEntryType.RegularFile, mode, "", new MemoryStream(content));

    public void AddFolder(string path, bool sticky) => Put(path, TarEntryType.Directory, sticky ? Sticky : Folder, "", null);

    public void AddLink(string path, string target) =>
        Put(path, TarEntryType.SymbolicLink, (UnixFileMode)0b111_111_111, target, null);

    public void AddHardLink(string path, string target) => Put(path, TarEntryType.HardLink, Folder, target, null);

    public bool Contains(string path) => _entries.ContainsKey(path);

    /// <summary>The bytes of a file that is in already.</summary>
    public byte[] Content(string path)
    {
        using var copy = new MemoryStream();
        var data = _entries[path].DataStream!;
        data.Position = 0;
        data.CopyTo(copy);
        return copy.ToArray();
    }

    public Layer Build()
    {
        if (mergedUsr)
        {
            foreach (var folder in IntoUsr)
                AddLink(folder, "usr/" + folder);
        }

        AddParents();
        using var tar = new MemoryStream();
        using (var writer = new TarWriter(tar, TarEntryFormat.Gnu, leaveOpen: true))
        {
            // Hard links last: what they point to must be there when they are unpacked.
            foreach (var entry in _entries.Values.Where(e => e.EntryType != TarEntryType.HardLink))
                Write(writer, entry);
            foreach (var entry in _entries.Values.Where(e => e.EntryType == TarEntryType.HardLink))
                Write(writer, entry);
        }

        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Optimal, leaveOpen: true))
        {
            tar.Position = 0;
            tar.CopyTo(gzip);
        }

        return new Layer(compressed.ToArray(), ContentDigest.Of(compressed.GetBuffer().AsSpan(0, (int)compressed.Length)), ContentDigest.Of(tar.GetBuffer().AsSpan(0, (int)tar.Length)));
    }

    private static void Write(TarWriter writer, TarEntry entry)
    {
        if (entry.DataStream is { } data)
            data.Position = 0;
        writer.WriteEntry(entry);
    }

    private void AddParents()
    {
        foreach (var path in _entries.Keys.ToList())
        {
            for (var parent = Parent(path); parent.Length > 0 && !_entries.ContainsKey(parent); parent = Parent(parent))
                AddFolder(parent, sticky: false);
        }

        static string Parent(string path) => path.LastIndexOf('/') is > 0 and var slash ? path[..slash] : "";
    }

    private string Placed(string name)
    {
        var path = name.TrimStart('.', '/').TrimEnd('/');
        var first = path.Split('/', 2)[0];
        if (mergedUsr)
            return first != path && IntoUsr.Contains(first) ? "usr/" + path : path;
        // Debian 13's packages have these folders below /usr themselves, Debian 12's have not: the image is the same.
        return path.StartsWith(Usr, StringComparison.Ordinal) && IntoUsr.Contains(path[Usr.Length..].Split('/', 2)[0]) ? path[Usr.Length..] : path;
    }

    private void Put(string path, TarEntryType type, UnixFileMode mode, string link, Stream? data)
    {
        if (type is TarEntryType.V7RegularFile)
            type = TarEntryType.RegularFile;
        var entry = new GnuTarEntry(type, type == TarEntryType.Directory ? path + "/" : path)
        {
            Mode = mode,
            ModificationTime = DateTimeOffset.UnixEpoch,
            AccessTime = default,
            ChangeTime = default,
        };
        if (type is TarEntryType.SymbolicLink or TarEntryType.HardLink)
            entry.LinkName = link;
        else if (data is not null)
            entry.DataStream = data;
        _entries[path] = entry;
    }
}
