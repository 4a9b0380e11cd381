using System.Net;
using Skein.Model;

namespace Skein.Agent.Networks;

/// <param name="ExecRoot">Pins of namespaces lie in its netns/; gone after a reboot, as the namespaces are.</param>
/// <param name="DataRoot">The containers' resolv.conf, hosts and hostname lie in its networks/.</param>
/// <param name="HostResolvConf">Search domains and options are taken from it for containers that name none.</param>
public sealed record OverlayNetworkingOptions(
    string ExecRoot,
    string DataRoot,
    string HostResolvConf = "/etc/resolv.conf")
{
    /// <summary>Of containers that name none; null = the host's.</summary>
    public DnsConfig? Dns { get; init; }

    /// <summary>What `host-gateway` stands for; empty = the host's address on docker_gwbridge.</summary>
    public IReadOnlyList<IPAddress> HostGateways { get; init; } = [];

    public string Pins => Path.Combine(ExecRoot, "netns");

    public string IngressPin => PinOf(DeviceNames.IngressSpace);

    public string PinOf(string name) => Path.Combine(Pins, name);

    public string FilesOf(string containerId) => Path.Combine(DataRoot, "networks", containerId);
}
