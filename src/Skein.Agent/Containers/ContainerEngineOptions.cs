using Skein.Agent.Containers.Volumes;

namespace Skein.Agent.Containers;

/// <param name="DataRoot">Lasts: records and logs in containers/ID, volumes in volumes/NAME/_data.</param>
/// <param name="ExecRoot">Lasts until the host boots: FIFOs in io/ID, secrets and configs in secrets/ID, images' files on their way into volumes in copy/ID, parts of
/// volumes and images on their way into a container in staging/ID, and shared memory in shm/ID.</param>
/// <param name="CgroupParent">Each container gets a cgroup below it, in every hierarchy.</param>
public sealed record ContainerEngineOptions(string DataRoot, string ExecRoot, string CgroupParent = "/skein")
{
    /// <summary>Where the host's journald takes lines.</summary>
    public string JournalSocket { get; init; } = "/run/systemd/journal/socket";

    /// <summary>What Docker gives no service and this node does: privileged, devices, gpus.</summary>
    public IReadOnlyList<string> AllowServices { get; init; } = [];

    /// <summary>Where vendors describe their devices, the later wins.</summary>
    public IReadOnlyList<string> CdiFolders { get; init; } = ["/etc/cdi", "/var/run/cdi"];

    internal string ContainersFolder => Path.Combine(DataRoot, "containers");

    internal VolumeFolders Volumes => new(DataRoot);

    internal string ContainerFolder(string id) => Path.Combine(ContainersFolder, id);

    internal string CopyFolder => Path.Combine(ExecRoot, "copy");

    internal string StagingFolder => Path.Combine(ExecRoot, "staging");

    internal string MemoryFolder => Path.Combine(ExecRoot, "secrets");

    internal string SharedMemoryFolder => Path.Combine(ExecRoot, "shm");

    internal string IoFolder(string id) => Path.Combine(ExecRoot, "io", id);
}
