using System.Formats.Tar;
using Skein.Linux.Files;
using Skein.Model;

namespace Skein.Agent.Containers.Archive;

/// <summary>A client's tar into a folder, on a thread inside the container's root: names and links of the tar lead nowhere but there.</summary>
/// <param name="keepKinds">A folder is not replaced by anything else, nor the other way round.</param>
/// <param name="owner">Of all there is; null = as the tar says.</param>
internal sealed class TarUnpacking(string folder, bool keepKinds, (uint User, uint Group)? owner, CancellationToken cancel)
{
    // A folder's time is changed by what is put into it: last of all.
    private readonly List<(string Path, TarEntry Entry)> _folders = [];

    public void Run(Stream tar)
    {
        try
        {
            using var reader = new TarReader(tar, leaveOpen: true);
            while (reader.GetNextEntry() is { } entry)
            {
                cancel.ThrowIfCancellationRequested();
                Take(entry);
            }
        }
        catch (Exception error) when (error is InvalidDataException or EndOfStreamException or FormatException)
        {
            throw SkeinException.Invalid($"Error processing tar file: {error.Message}");
        }
        for (var i = _folders.Count - 1; i >= 0; i--) Settle(_folders[i].Path, _folders[i].Entry);
    }

    private void Take(TarEntry entry)
    {
        if (entry.EntryType is TarEntryType.GlobalExtendedAttributes) return;
        var path = Below(entry.Name);
        if (path == folder && entry.EntryType != TarEntryType.Directory) throw SkeinException.Invalid($"invalid name in the tar: {entry.Name}");
        var there = FileStatus.Find(path);
        if (entry.EntryType == TarEntryType.Directory)
        {
            if (there is { Kind: not FileKind.Folder } && !Directory.Exists(path))
            {
                if (keepKinds) throw SkeinException.Invalid($"cannot overwrite non-directory \"{path}\" with directory \"{folder}\"");
                File.Delete(path);
                there = null;
            }
            if (there is null) MakeFolder(path);
            if (path != folder) _folders.Add((path, entry));
            return;
        }
        if (there is { Kind: FileKind.Folder })
        {
            if (keepKinds) throw SkeinException.Invalid($"cannot overwrite directory \"{path}\" with non-directory \"{folder}\"");
            Directory.Delete(path, recursive: true);
        }
        else if (there is not null) File.Delete(path);
        MakeFolder(Path.GetDirectoryName(path)!);
        Make(path, entry);
    }

    private void Make(string path, TarEntry entry)
    {
        switch (entry.EntryType)
        {
            case TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.ContiguousFile or TarEntryType.SparseFile:
                using (var file = PlainFile.Create(path)) entry.DataStream?.CopyTo(file);
                break;
            case TarEntryType.SymbolicLink:
                FileMaking.Link(entry.LinkName, path);
                break;
            case TarEntryType.HardLink:
                FileMaking.HardLink(Below(entry.LinkName), path);
                return;
            case TarEntryType.Fifo:
                FileMaking.Node(path, FileKind.Pipe, 0, 0);
                break;
            case TarEntryType.CharacterDevice or TarEntryType.BlockDevice when entry is PosixTarEntry node:
                FileMaking.Node(path, entry.EntryType == TarEntryType.BlockDevice ? FileKind.BlockDevice : FileKind.CharacterDevice, (uint)node.DeviceMajor, (uint)node.DeviceMinor);
                break;
            default:
                throw SkeinException.Invalid($"unhandled tar header type {(char)entry.EntryType}");
        }
        Settle(path, entry);
    }

    private void Settle(string path, TarEntry entry) => FileMaking.Settle(
        path, owner?.User ?? (uint)entry.Uid, owner?.Group ?? (uint)entry.Gid, entry.EntryType == TarEntryType.SymbolicLink ? null : (uint)entry.Mode, entry.ModificationTime);

    /// <summary>Names that begin with a slash or climb are the folder's too.</summary>
    private string Below(string name)
    {
        var clean = Path.TrimEndingDirectorySeparator(Path.GetFullPath("/" + name));
        return clean == "/" ? folder : Path.TrimEndingDirectorySeparator(folder) + clean;
    }

    private static void MakeFolder(string path)
    {
        if (path.Length == 0 || Directory.Exists(path)) return;
        MakeFolder(Path.GetDirectoryName(path) ?? "");
        FileMaking.Folder(path);
    }
}
