using System.Globalization;
using Skein.Linux.Mounts;

namespace Skein.Agent.Containers.Storage;

/// <summary>/dev/shm of containers that let others into their IPC namespace: a tmpfs each on the host, for as long as the container runs.</summary>
internal sealed class SharedMemory(string folder)
{
    public string PathOf(string id) => Path.Combine(folder, id);

    public bool IsMounted(string id) => MountPoint.IsMounted(PathOf(id));

    /// <param name="bytes">It has no more.</param>
    public void Mount(string id, long bytes)
    {
        var path = Directory.CreateDirectory(PathOf(id)).FullName;
        if (MountPoint.IsMounted(path)) return;
        MountPoint.Mount("shm", path, "tmpfs", MountFlags.NoSuid | MountFlags.NoDev | MountFlags.NoExec, string.Create(CultureInfo.InvariantCulture, $"mode=1777,size={bytes}"));
    }

    public void Remove(string id)
    {
        if (!Directory.Exists(PathOf(id))) return;
        MountPoint.UnmountUnder(PathOf(id));
        Directory.Delete(PathOf(id));
    }

    /// <summary>The containers that have some.</summary>
    public IEnumerable<string> Owners() => Directory.Exists(folder) ? Directory.EnumerateDirectories(folder).Select(path => Path.GetFileName(path)) : [];
}
