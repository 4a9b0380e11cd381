using System.Globalization;
using Skein.Agent.Containers.Oci;
using Skein.Agent.Containers.Volumes;
using Skein.Linux.Files;
using Skein.Linux.Mounts;
using Skein.Model;

namespace Skein.Agent.Containers.Mounts;

/// <summary>
/// Parts of volumes, and images, that a container mounts. The runtime would look a path up by itself, and who writes into a volume could
/// have made a link of it by then: so each is found here, inside its volume, and bound to a place that nobody else writes to. The place
/// is there for the moment of a start alone: the container's own mount lasts.
/// </summary>
internal sealed class StagedMounts(string folder, VolumeFolders volumes)
{
    private const string Places = "places";

    public static bool Concerns(Mount mount) => mount.Type == "image" || (mount.Type == "volume" && mount.Subpath.Length > 0);

    /// <param name="index">Which of the container's mounts it is.</param>
    public string PlaceOf(string containerId, int index) => Path.Combine(folder, containerId, Places, index.ToString(CultureInfo.InvariantCulture));

    /// <param name="layersOf">Those of the image that the mount of this index names, the topmost first.</param>
    /// <returns>Takes the places away again.</returns>
    /// <exception cref="SkeinException">One is not there, in Docker's words.</exception>
    public IDisposable Stage(string containerId, IReadOnlyList<Mount> mounts, Func<int, RootLayers> layersOf)
    {
        var stage = new Staging(Path.Combine(folder, containerId));
        try
        {
            for (var i = 0; i < mounts.Count; i++)
            {
                if (!Concerns(mounts[i])) continue;
                var root = mounts[i].Type == "image" ? Assemble(containerId, i, layersOf(i)) : volumes.DataOf(VolumeFolders.NameOf(containerId, mounts[i]));
                Bind(root, mounts[i], PlaceOf(containerId, i));
            }
            return stage;
        }
        catch
        {
            stage.Dispose();
            throw;
        }
    }

    /// <summary>What a daemon that was killed in the midst of a start has left.</summary>
    public void Clear() => new Staging(folder).Dispose();

    private string Assemble(string containerId, int index, RootLayers layers)
    {
        var work = Path.Combine(folder, containerId, "image-" + index.ToString(CultureInfo.InvariantCulture));
        return VolumeContent.Assemble(Directory.CreateDirectory(work).FullName, layers.Folders);
    }

    private static void Bind(string root, Mount mount, string place)
    {
        using var found = RootedEntry.Open(root, mount.Subpath.Length > 0 ? mount.Subpath : ".")
            ?? throw SkeinException.NotFound($"cannot access path {Path.Combine(root, mount.Subpath)}: no such file or directory");
        Directory.CreateDirectory(found.IsFolder ? place : Path.GetDirectoryName(place)!);
        if (!found.IsFolder) File.WriteAllBytes(place, []);
        MountPoint.Bind(found.Path, place, mount.ReadOnly, recursive: true);
    }

    private sealed class Staging(string folder) : IDisposable
    {
        public void Dispose()
        {
            if (!Directory.Exists(folder)) return;
            MountPoint.UnmountUnder(folder);
            Directory.Delete(folder, recursive: true);
        }
    }
}
