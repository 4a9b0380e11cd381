using System.Net;
using Skein.Linux.Netlink;
using Skein.Model;
using Skein.Model.Validation;

namespace Skein.Agent.Bridges;

/// <summary>Makes a whole network of what a user asked for, or says why not, in Docker's words. Pure.</summary>
/// <param name="Existing">The host's own networks.</param>
/// <param name="Elsewhere">Subnets of the swarm's networks.</param>
/// <param name="Routes">What else the host has a way to: nothing is chosen in there, and what the user names may be.</param>
internal sealed record LocalNetworkPlan(
    IReadOnlyCollection<LocalNetwork> Existing, IReadOnlyCollection<IPNetwork> Elsewhere, IReadOnlyCollection<IPNetwork> Routes, SubnetPools Pools)
{
    // This network, loopback, multicast, the broadcast, and IPv6's of a link. Docker takes most of them, and nothing works.
    private static readonly IPNetwork[] s_ofNobody =
        [.. new[] { "0.0.0.0/8", "127.0.0.0/8", "224.0.0.0/4", "255.255.255.255/32", "::/127", "fe80::/10", "ff00::/8" }.Select(text => IPNetwork.Parse(text))];

    /// <param name="wanted">With id and name; its subnets may be missing.</param>
    /// <param name="uniqueLocal">An IPv6 subnet of 64 bits, for a network with IPv6 and none named.</param>
    public LocalNetwork Complete(LocalNetwork wanted, IPNetwork uniqueLocal)
    {
        if (wanted.Driver == MacvlanOptions.Driver) MacvlanOptions.Check(wanted.Options);
        else BridgeOptions.Check(wanted.Options);
        if (wanted.Name != KnownNetworks.GatewayBridge && wanted.Options.TryGetValue(BridgeOptions.Name, out var device) && device == KnownNetworks.GatewayBridge)
            throw new SkeinException(ErrorKind.Forbidden, $"invalid bridge name \"{KnownNetworks.GatewayBridge}\": it is the network's of this name");
        if (Existing.Any(other => other.Name == wanted.Name)) throw SkeinException.Conflict($"network with name {wanted.Name} already exists");
        var network = wanted.Clone();
        if (network is { Name: KnownNetworks.GatewayBridge, Driver: "" }) GatewayNetwork.Complete(network);
        network.SubnetNamed = network.Ipam.Count > 0 && network.Name != LocalNetworks.DefaultName;
        if (!network.Ipv6) Remove(network, ipv6: true);
        if (!network.Ipam.Any(config => !IsIPv6(config))) network.Ipam.Insert(0, Chosen());
        if (network.Ipv6 && !network.Ipam.Any(IsIPv6)) network.Ipam.Add(new IpamConfig { Subnet = uniqueLocal.ToString() });
        foreach (var config in network.Ipam) Check(config, network);
        foreach (var config in network.Ipam) config.Gateway = BridgePool.Of(config).Gateway.ToString();
        if (network.Driver == MacvlanOptions.Driver) RequireSharing(network);
        else RequireOwnDevice(network);
        return network;
    }

    // Docker lets a subnet of IPv6 without --ipv6 pass, and does nothing with it.
    private static void Remove(LocalNetwork network, bool ipv6)
    {
        foreach (var config in network.Ipam.Where(config => IsIPv6(config) == ipv6).ToList()) network.Ipam.Remove(config);
    }

    private static bool IsIPv6(IpamConfig config) => config.Subnet.Contains(':');

    private IpamConfig Chosen() => new()
    {
        Subnet = Pools.Free([.. Subnets(Existing), .. Elsewhere, .. Routes])?.ToString()
            ?? throw new SkeinException(ErrorKind.Unavailable, "all predefined address pools have been fully subnetted"),
    };

    private void Check(IpamConfig config, LocalNetwork network)
    {
        if (!NetworkSpecValidation.TryParse(config.Subnet, out var subnet)) throw SkeinException.Invalid($"invalid subnet {config.Subnet}: invalid CIDR block notation");
        if (s_ofNobody.FirstOrDefault(other => subnet.Overlaps(other)) is { PrefixLength: > 0 } other)
            throw SkeinException.Invalid($"invalid network config:\ninvalid subnet {config.Subnet}: no container can have an address of {other}");
        if (network.Ipam.Count(other => IsIPv6(other) == IsIPv6(config)) > 1)
            throw SkeinException.NotImplemented("more than one subnet of a family is not supported by the driver bridge");
        if (config.Gateway.Length > 0 && (!IPAddress.TryParse(config.Gateway, out var gateway) || !subnet.Contains(gateway)))
            throw SkeinException.Invalid($"invalid network config:\ninvalid gateway {config.Gateway}: parent subnet {subnet} doesn't contain this address");
        if (config.AuxAddresses.FirstOrDefault(one => !IPAddress.TryParse(one.Value, out var address) || !subnet.Contains(address)) is { Key: { } name, Value: var given })
            throw SkeinException.Invalid($"invalid network config:\ninvalid auxiliary address {name}: parent subnet {subnet} doesn't contain this address ({given})");
        if (Subnets(Existing).Concat(Elsewhere).Any(other => subnet.Overlaps(other)))
            throw new SkeinException(ErrorKind.Forbidden, "invalid pool request: Pool overlaps with other one on this address space");
    }

    private void RequireSharing(LocalNetwork network)
    {
        var (own, device) = (BridgeSpec.Of(network), BridgeSpec.DeviceOf(network));
        foreach (var other in Existing.Where(other => other.Driver == MacvlanOptions.Driver && BridgeSpec.DeviceOf(other) == device))
        {
            if (own.Macvlan == MacvlanMode.Passthru)
                throw new SkeinException(ErrorKind.Internal, $"cannot use mode passthru, macvlan network {other.Id} is already using parent interface {device}");
            if (BridgeSpec.Of(other).Macvlan == MacvlanMode.Passthru)
                throw new SkeinException(ErrorKind.Internal, $"macvlan network {other.Id} is already using parent interface {device} in mode passthru");
        }
    }

    private void RequireOwnDevice(LocalNetwork network)
    {
        var device = BridgeSpec.DeviceOf(network);
        if (Existing.FirstOrDefault(other => BridgeSpec.DeviceOf(other) == device) is not { } other) return;
        throw new SkeinException(
            ErrorKind.Forbidden,
            $"cannot create network {network.Id} ({device}): conflicts with network {other.Id} ({device}): networks have same bridge name");
    }

    public static IEnumerable<IPNetwork> Subnets(IEnumerable<LocalNetwork> networks) =>
        networks.SelectMany(network => network.Ipam).Select(config => IPNetwork.Parse(config.Subnet));
}
