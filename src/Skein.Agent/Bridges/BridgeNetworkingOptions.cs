using System.Net;
using Skein.Model;

namespace Skein.Agent.Bridges;

/// <param name="ExecRoot">Pins of namespaces, and what was chosen for each; gone after a boot, as the namespaces are.</param>
/// <param name="DataRoot">The containers' resolv.conf, hosts and hostname lie beside their records, in its containers/.</param>
public sealed record BridgeNetworkingOptions(string ExecRoot, string DataRoot, string HostResolvConf = "/etc/resolv.conf")
{
    /// <summary>Of containers that name none; null = the host's.</summary>
    public DnsConfig? Dns { get; init; }

    /// <summary>What `host-gateway` stands for, at most one of a family; empty = the default bridge's own addresses.</summary>
    public IReadOnlyList<IPAddress> HostGateways { get; init; } = [];

    /// <summary>Not where the swarm's are, which sweeps those of what is no task of its.</summary>
    public string Pins => Path.Combine(ExecRoot, "spaces");

    public string Attachments => Path.Combine(ExecRoot, "attached");

    public string PinOf(string containerId) => Path.Combine(Pins, containerId);

    public string FilesOf(string containerId) => Path.Combine(DataRoot, "containers", containerId);
}
