using System.Globalization;
using System.Net;
using Skein.Model;

namespace Skein.Agent.Bridges;

/// <summary>What the daemon's options say of Docker's "bridge"; names as in daemon.json. Pure.</summary>
/// <param name="Bip">Address and subnet of the bridge (CIDR); empty = of the pools.</param>
/// <param name="FixedCidr">Where containers' addresses are chosen from; empty = all of the subnet.</param>
/// <param name="Ip">Where ports are published that name no address of the host.</param>
/// <param name="FixedCidrV6">Subnet of IPv6; empty = one of its own.</param>
public sealed record DefaultBridge(string Bip = "", string FixedCidr = "", string Ip = "0.0.0.0", bool Ipv6 = false, string FixedCidrV6 = "")
{
    /// <summary>Containers on it reach each other.</summary>
    public bool Icc { get; init; } = true;

    public bool IpMasq { get; init; } = true;

    public uint Mtu { get; init; } = 1500;

    /// <summary>Gives the network these options, and these subnets in place of those that it has.</summary>
    /// <param name="inUse">Containers run on it: its subnets stay.</param>
    internal LocalNetwork Apply(LocalNetwork network, bool inUse)
    {
        var made = network.Clone();
        made.Options.Clear();
        made.Options[BridgeOptions.Name] = LocalNetworks.DefaultDevice;
        made.Options[BridgeOptions.Icc] = Icc ? "true" : "false";
        made.Options[BridgeOptions.Masquerade] = IpMasq ? "true" : "false";
        made.Options[BridgeOptions.HostBinding] = Ip;
        made.Options[BridgeOptions.Mtu] = Mtu.ToString(CultureInfo.InvariantCulture);
        if (inUse) return made;
        if (Bip.Length > 0) Put(made, new IpamConfig { Subnet = SubnetOf(Bip), Gateway = Bip.Split('/')[0], IpRange = FixedCidr });
        made.Ipv6 = Ipv6;
        if (!Ipv6) Remove(made, ipv6: true);
        else if (FixedCidrV6.Length > 0) Put(made, new IpamConfig { Subnet = FixedCidrV6 });
        return made;
    }

    /// <summary>One that is so already stays as it is, with the gateway that was chosen.</summary>
    private static void Put(LocalNetwork network, IpamConfig config)
    {
        var ipv6 = IsIPv6(config);
        if (network.Ipam.Any(there => there.Subnet == config.Subnet && there.IpRange == config.IpRange && (config.Gateway.Length == 0 || there.Gateway == config.Gateway))) return;
        Remove(network, ipv6);
        network.Ipam.Add(config);
    }

    private static void Remove(LocalNetwork network, bool ipv6)
    {
        foreach (var config in network.Ipam.Where(config => IsIPv6(config) == ipv6).ToList()) network.Ipam.Remove(config);
    }

    private static bool IsIPv6(IpamConfig config) => config.Subnet.Contains(':');

    private static string SubnetOf(string bip) => Skein.Linux.Netlink.InterfaceAddress.Parse(bip).Network.ToString();
}
