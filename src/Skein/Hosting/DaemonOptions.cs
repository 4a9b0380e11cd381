using System.Collections.ObjectModel;
using Skein.Agent.Bridges;
using Skein.Agent.Images;
using Skein.Model;
using Skein.Model.Logging;
using Skein.NodeLife;

namespace Skein.Hosting;

/// <summary>What the daemon is told by /etc/skein/daemon.json and its command line; names as Docker's where Docker has them.</summary>
internal sealed record DaemonOptions
{
    public const string DefaultConfigFile = "/etc/skein/daemon.json";
    public const string DefaultGroup = "docker";

    /// <summary>What must survive a reboot: the swarm's state and certificates, containers' records, volumes.</summary>
    public string DataRoot { get; init; } = "/var/lib/skein";

    /// <summary>What a reboot may take: sockets, FIFOs, namespace pins.</summary>
    public string ExecRoot { get; init; } = "/run/skein";

    /// <summary>Where the Engine API is served: unix:///path or tcp://ip:port.</summary>
    public IReadOnlyList<string> Hosts { get; init; } = ["unix:///var/run/docker.sock"];

    /// <summary>Who may open the unix sockets besides root.</summary>
    public string Group { get; init; } = DefaultGroup;

    public string Containerd { get; init; } = "/run/containerd/containerd.sock";

    public string ContainerdNamespace { get; init; } = "skein";

    /// <summary>Path or name of the etcd program that managers run.</summary>
    public string Etcd { get; init; } = "etcd";

    /// <summary>Where the BuildKit daemon listens that `docker build` goes to; it need not be there.</summary>
    public string BuildKit { get; init; } = "/run/buildkit/buildkitd.sock";

    public IReadOnlyList<string> RegistryMirrors { get; init; } = [];

    public IReadOnlyList<string> InsecureRegistries { get; init; } = [];

    public int MaxConcurrentDownloads { get; init; } = RegistryConfig.Default.MaxConcurrentDownloads;

    public int MaxConcurrentUploads { get; init; } = RegistryConfig.Default.MaxConcurrentUploads;

    /// <summary>Of containers that name none.</summary>
    public string LogDriver { get; init; } = LogOptions.JsonFile;

    public IReadOnlyDictionary<string, string> LogOpts { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    public LogDriver DefaultLogDriver => new() { Name = LogDriver, Options = { LogOpts.ToDictionary() } };

    public LogLevel LogLevel { get; init; } = LogLevel.Information;

    /// <summary>Engine labels, key=value; constraints read them as engine.labels.KEY.</summary>
    public IReadOnlyList<string> Labels { get; init; } = [];

    /// <summary>What services reserve beside CPUs and memory: KIND=NUMBER, or KIND=NAME for each.</summary>
    public IReadOnlyList<string> NodeGenericResources { get; init; } = [];

    /// <summary>What Docker gives no service and this node does: privileged, devices, gpus.</summary>
    public IReadOnlyList<string> AllowServices { get; init; } = [];

    /// <summary>From which the networks of the host take their subnets.</summary>
    public IReadOnlyList<AddressPool> DefaultAddressPools { get; init; } = [];

    /// <summary>Docker's "bridge", where the file or the command line say something of it.</summary>
    public DefaultBridge DefaultBridge { get; init; } = new();

    /// <summary>Of containers that name none; null = the host's.</summary>
    public DnsConfig? Dns { get; init; }

    /// <summary>What `--add-host NAME:host-gateway` stands for, at most one of a family; empty = the bridge's own address.</summary>
    public IReadOnlyList<string> HostGatewayIps { get; init; } = [];

    public string CgroupParent { get; init; } = "/skein";

    /// <summary>Address or interface for `swarm init` and `join` without --advertise-addr; empty = found out.</summary>
    public string SwarmDefaultAdvertiseAddr { get; init; } = "";

    public string SwarmFolder => Path.Combine(DataRoot, "swarm");

    /// <summary>What of it concerns the host's part in a swarm.</summary>
    public NodeOptions Node => new(SwarmFolder, Path.Combine(ExecRoot, "swarm"), Etcd, SwarmDefaultAdvertiseAddr);
}

/// <param name="Base">CIDR that the subnets are cut from.</param>
/// <param name="Size">Prefix length of each.</param>
internal sealed record AddressPool(string Base, int Size);
