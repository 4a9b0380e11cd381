using Skein.Linux.Files;

namespace Skein.Agent.Containers.Archive;

/// <summary>The difference of a container's own layer to its image, read off the layer: it has what was written, and a device 0:0 for what was deleted.</summary>
internal static class ContainerChanges
{
    // What every start puts into the root for the runtime to mount on.
    private static readonly string[] s_places = ["/etc/hosts", "/etc/hostname", "/etc/resolv.conf", "/dev", "/proc", "/sys"];

    /// <param name="layers">The topmost, the container's own, first.</param>
    /// <param name="mounted">Where volumes and the like are: places made for them are no change of the container's.</param>
    public static IReadOnlyList<PathChange> Of(IReadOnlyList<string> layers, IReadOnlySet<string> mounted)
    {
        var found = new List<PathChange>();
        Collect(layers[0], [.. layers.Skip(1)], "", mounted, found);
        return [.. found.OrderBy(change => change.Path, StringComparer.Ordinal)];
    }

    /// <returns>Whether anything below was changed.</returns>
    private static bool Collect(string own, IReadOnlyList<string> image, string folder, IReadOnlySet<string> mounted, List<PathChange> found)
    {
        var changed = false;
        foreach (var entry in Entries(own + folder))
        {
            var path = $"{folder}/{Path.GetFileName(entry)}";
            if (FileStatus.Find(entry) is not { } status) continue;
            var before = InImage(image, path);
            if (IsDeletion(status))
            {
                if (before is not null) found.Add(new(ChangeKind.Deleted, path));
                changed |= before is not null;
                continue;
            }
            var below = status.Kind == FileKind.Folder && Collect(own, image, path, mounted, found);
            var isPlace = mounted.Contains(path) || s_places.Contains(path) && (status.Kind == FileKind.Folder || status.Size == 0);
            if (isPlace ? !below : status.Kind == FileKind.Folder && before is { } known && !below && IsSame(known, status)) continue;
            found.Add(new(before is not null ? ChangeKind.Modified : ChangeKind.Added, path));
            changed = true;
        }
        return changed;
    }

    /// <summary>A container that runs takes away what was there a moment ago; its layer itself must be there.</summary>
    private static string[] Entries(string folder)
    {
        try
        {
            return Directory.GetFileSystemEntries(folder);
        }
        catch (DirectoryNotFoundException) when (Path.GetFileName(folder).Length > 0 && Directory.Exists(Path.GetDirectoryName(folder)))
        {
            return [];
        }
    }

    /// <returns>null where the image has nothing, or a layer of it has deleted what was there.</returns>
    private static FileStatus? InImage(IReadOnlyList<string> image, string path)
    {
        var topmost = image.Select(layer => FileStatus.Find(layer + path)).FirstOrDefault(status => status is not null);
        return topmost is { } found && IsDeletion(found) ? null : topmost;
    }

    private static bool IsDeletion(FileStatus status) => status is { Kind: FileKind.CharacterDevice, RawDevice: 0 };

    /// <summary>A folder is copied up for what is below it, with its own owner and mode.</summary>
    private static bool IsSame(FileStatus before, FileStatus own) => (before.Mode, before.User, before.Group) == (own.Mode, own.User, own.Group);
}
