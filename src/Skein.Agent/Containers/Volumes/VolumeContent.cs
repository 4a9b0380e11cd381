using System.Globalization;
using Skein.Agent.Containers.Oci;
using Skein.Agent.Containers.Storage;
using Skein.Linux.Files;
using Skein.Linux.Mounts;
using Skein.Model;

namespace Skein.Agent.Containers.Volumes;

/// <summary>
/// Volumes and what an image has to say about them: one for each folder its config declares, and in an empty one, as Docker
/// does, what the image has at that place, with the owner and mode that the image's program expects to find.
/// </summary>
/// <param name="workFolder">Where the layers are put together for the time of a copy.</param>
internal sealed class VolumeContent(VolumeFolders volumes, string workFolder)
{
    // What a daemon left there that was killed in the midst of a copy is taken away by the next copy.
    private const string Aside = ".new";

    // Two containers that come into one empty named volume at once must not both fill it.
    private readonly NamedLocks filling = new();

    /// <summary>The definition's mounts, and a volume without a name for each declared folder that none of them covers.</summary>
    public static ContainerSpec WithDeclared(ContainerSpec spec, IReadOnlyList<string> declared)
    {
        var covered = spec.Mounts.Select(mount => Path.TrimEndingDirectorySeparator(mount.Target)).ToHashSet(StringComparer.Ordinal);
        var missing = declared.Select(Path.TrimEndingDirectorySeparator).Where(target => target.StartsWith('/') && target != "/" && covered.Add(target)).ToList();
        if (missing.Count == 0) return spec;
        var completed = spec.Clone();
        completed.Mounts.Add(missing.Select(target => new Mount { Type = "volume", Target = target }));
        return completed;
    }

    public async Task FillAsync(string containerId, IEnumerable<Mount> mounts, RootLayers layers, CancellationToken cancel)
    {
        var fillable = VolumeFolders.In(mounts)
            .Where(mount => !mount.VolumeNoCopy && mount.Subpath.Length == 0)
            .Select(mount => (mount.Target, Folder: volumes.DataOf(VolumeFolders.NameOf(containerId, mount))))
            .ToList();
        using var alone = await filling.TakeAsync(fillable.Select(volume => volume.Folder), cancel);
        var empty = fillable.Where(volume => !Directory.EnumerateFileSystemEntries(volume.Folder).Any()).ToList();
        if (empty.Count > 0) await Task.Run(() => Fill(containerId, empty, layers.Folders), cancel);
    }

    /// <summary>What a daemon that was killed in the midst of a copy has left mounted.</summary>
    public void Clear()
    {
        if (!Directory.Exists(workFolder)) return;
        MountPoint.UnmountUnder(workFolder);
        Directory.Delete(workFolder, recursive: true);
    }

    private void Fill(string containerId, List<(string Target, string Folder)> empty, IReadOnlyList<string> layers)
    {
        var work = Path.Combine(workFolder, containerId);
        Directory.CreateDirectory(work);
        try
        {
            var root = Assemble(work, layers);
            foreach (var (target, folder) in empty)
            {
                using var content = RootedFolder.Open(root, target);
                if (content is not null) CopyWhole(content.Path, folder);
            }
        }
        catch (IOException error)
        {
            throw new SkeinException(ErrorKind.Internal, $"failed to copy the image's files to a volume: {error.Message}", error);
        }
        finally
        {
            MountPoint.UnmountUnder(work);
            Directory.Delete(work, recursive: true);
        }
    }

    /// <summary>
    /// Put together beside the volume, where no container comes, and moved in at the end: another container that has the volume already
    /// could lead a copy into it anywhere by its links. Also all or nothing: a volume with a part of the image's files is not
    /// empty, and would never get the rest.
    /// </summary>
    private static void CopyWhole(string content, string folder)
    {
        var aside = folder + Aside;
        if (Directory.Exists(aside)) SharedFolder.Delete(aside);
        try
        {
            Directory.CreateDirectory(aside);
            FileTree.Copy(content, aside);
            using var volume = SharedFolder.Open(folder);
            volume.MoveIn(aside);
        }
        finally
        {
            SharedFolder.Delete(aside);
        }
    }

    /// <summary>The layers in one, read-only.</summary>
    internal static string Assemble(string work, IReadOnlyList<string> layers)
    {
        if (layers.Count == 1) return layers[0];
        var root = Directory.CreateDirectory(Path.Combine(work, "root")).FullName;
        MountPoint.Mount("overlay", root, "overlay", MountFlags.ReadOnly, $"lowerdir={LayerLinks.Make(work, layers)}");
        return root;
    }
}
