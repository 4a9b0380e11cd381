using Skein.Api.Swarm;

namespace Skein.Api.Engine;

/// <summary>GET /info, as far as Docker's clients read it.</summary>
internal sealed record InfoJson
{
    public required string ID { get; init; }
    public int Containers { get; init; }
    public int ContainersRunning { get; init; }
    public int ContainersPaused { get; init; }
    public int ContainersStopped { get; init; }
    public int Images { get; init; }
    public string Driver { get; init; } = "overlayfs";
    public IReadOnlyList<string[]> DriverStatus { get; init; } = [["driver-type", "io.containerd.snapshotter.v1"]];
    public PluginsJson Plugins { get; init; } = new();
    public bool MemoryLimit { get; init; } = true;
    public bool SwapLimit { get; init; }
    public bool CpuCfsPeriod { get; init; } = true;
    public bool CpuCfsQuota { get; init; } = true;
    public bool CPUShares { get; init; } = true;
    public bool CPUSet { get; init; } = true;
    public bool PidsLimit { get; init; } = true;
    public bool IPv4Forwarding { get; init; }
    public bool BridgeNfIptables { get; init; }
    public bool BridgeNfIp6tables { get; init; }
    public bool Debug { get; init; }
    public int NFd { get; init; }
    public bool OomKillDisable { get; init; }
    public int NGoroutines { get; init; }
    public required string SystemTime { get; init; }
    public required string LoggingDriver { get; init; }
    public required string CgroupDriver { get; init; }
    public required string CgroupVersion { get; init; }
    public int NEventsListener { get; init; }
    public required string KernelVersion { get; init; }
    public required string OperatingSystem { get; init; }
    public required string OSVersion { get; init; }
    public string OSType { get; init; } = "linux";
    public required string Architecture { get; init; }
    public int NCPU { get; init; }
    public long MemTotal { get; init; }
    public string IndexServerAddress { get; init; } = "https://index.docker.io/v1/";
    public required RegistryConfigJson RegistryConfig { get; init; }
    public required string DockerRootDir { get; init; }
    public string HttpProxy { get; init; } = "";
    public string HttpsProxy { get; init; } = "";
    public string NoProxy { get; init; } = "";
    public required string Name { get; init; }
    public IReadOnlyList<string> Labels { get; init; } = [];
    public bool ExperimentalBuild { get; init; }
    public required string ServerVersion { get; init; }
    public IReadOnlyDictionary<string, RuntimeJson> Runtimes { get; init; } =
        new Dictionary<string, RuntimeJson> { ["io.containerd.runc.v2"] = new("runc"), ["runc"] = new("runc") };
    public string DefaultRuntime { get; init; } = "runc";
    public required CommitJson ContainerdCommit { get; init; }

    // Docker's word for what it could not find out: containerd does not tell which runc its shims start.
    public CommitJson RuncCommit { get; init; } = new("N/A");
    public CommitJson InitCommit { get; init; } = new("N/A");

    public required SwarmInfoJson Swarm { get; init; }
    public bool LiveRestoreEnabled { get; init; } = true;
    public string Isolation { get; init; } = "";
    public string InitBinary { get; init; } = "";
    public IReadOnlyList<string> SecurityOptions { get; init; } = [];
    public string ProductLicense { get; init; } = "";
    public IReadOnlyList<string> Warnings { get; init; } = [];

    internal sealed record RuntimeJson(string path);

    /// <param name="ID">What `docker info` shows as the version: Docker has its commit there.</param>
    internal sealed record CommitJson(string ID);

    internal sealed record PluginsJson
    {
        public string[] Volume { get; init; } = ["local"];
        public string[] Network { get; init; } = ["bridge", "host", "macvlan", "null", "overlay"];
        public string[]? Authorization { get; init; }
        public string[] Log { get; init; } = ["journald", "json-file", "local", "syslog"];
    }

    internal sealed record RegistryConfigJson(
        IReadOnlyList<string> InsecureRegistryCIDRs,
        IReadOnlyDictionary<string, IndexConfigJson> IndexConfigs,
        IReadOnlyList<string> Mirrors);

    internal sealed record IndexConfigJson(string Name, IReadOnlyList<string> Mirrors, bool Secure, bool Official);
}
