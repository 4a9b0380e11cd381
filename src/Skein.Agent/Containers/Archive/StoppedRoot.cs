using Skein.Agent.Containers.Oci;
using Skein.Agent.Containers.Volumes;
using Skein.Linux.Files;
using Skein.Linux.Mounts;
using Skein.Linux.Namespaces;
using Skein.Model;

namespace Skein.Agent.Containers.Archive;

/// <summary>The root of a container that does not run, put together as it would be at its start, for the time of one piece of work and for its thread alone.</summary>
/// <param name="work">A folder for the layers' links, removed at the end.</param>
internal sealed class StoppedRoot(string work, Containerd.Types.Mount layers, IReadOnlyList<Mount> mounts, string containerId, VolumeFolders volumes)
{
    private int _assembled;

    private string Root => Path.Combine(work, "root");

    /// <param name="writes">Otherwise nothing of it can be changed, by reading times either.</param>
    public async Task<T> RunAsync<T>(bool writes, Func<T> what)
    {
        Directory.CreateDirectory(Root);
        try
        {
            return await RootedThread.RunAsync(() => Mount(writes), () => RootedThread.Open(Root), what);
        }
        finally
        {
            Directory.Delete(work, recursive: true);
        }
    }

    private void Mount(bool writes)
    {
        if (Assemble(writes)) return;
        MountPoint.Unmount(Root, lazy: true);
        Assemble(writes: true);
        if (writes) return;
        MountPoint.Unmount(Root, lazy: true);
        Assemble(writes: false);
    }

    /// <returns>false when what is mounted has no place yet, and none can be made: the container was never started, and is put together to be read.</returns>
    private bool Assemble(bool writes)
    {
        var whole = true;
        if (layers.Type == "overlay") MountPoint.Mount("overlay", Root, "overlay", writes ? MountFlags.None : MountFlags.ReadOnly, Overlay(writes));
        else MountPoint.Bind(layers.Source, Root, readOnly: !writes, recursive: true);
        foreach (var mount in mounts.Where(mount => mount.Type is "bind" or "volume" && mount.Subpath.Length == 0).OrderBy(mount => mount.Target.Count(letter => letter == '/')))
        {
            var source = mount.Type == "bind" ? mount.Source : volumes.DataOf(VolumeFolders.NameOf(containerId, mount));
            if (!Path.Exists(source)) continue;
            if (writes) MountPlace.Ensure(Root, mount.Target, Directory.Exists(source));
            using var place = RootedEntry.Open(Root, mount.Target);
            whole &= place is not null;
            if (place is not null && place.IsFolder == Directory.Exists(source)) MountPoint.Bind(source, place.Path, recursive: true);
        }
        return whole || writes;
    }

    /// <summary>To be read, the container's own layer is one like the others.</summary>
    private string Overlay(bool writes)
    {
        var kind = $"{_assembled++}-";
        var folders = RootLayers.Of(layers.Type, layers.Source, layers.Options).Folders;
        if (!writes) return $"lowerdir={LayerLinks.Make(work, folders, kind)}";
        var own = layers.Options.First(option => option.StartsWith("workdir=", StringComparison.Ordinal));
        return $"lowerdir={LayerLinks.Make(work, folders.Skip(1), kind)},upperdir={folders[0]},{own},index=off";
    }
}
