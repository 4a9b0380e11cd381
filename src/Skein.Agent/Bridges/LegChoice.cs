using System.Collections.Immutable;
using System.Net;
using Skein.Agent.Networks;
using Skein.Linux.Netlink;
using Skein.Model;

namespace Skein.Agent.Bridges;

/// <summary>Chooses a leg's addresses. What is in use is read off the legs that stand, and counted nowhere. Pure.</summary>
internal static class LegChoice
{
    /// <param name="used">Addresses of the network's other legs.</param>
    /// <param name="named">The user gave the network a subnet: only then may he choose addresses in it.</param>
    /// <exception cref="SkeinException">In Docker's words.</exception>
    public static BridgeLeg Make(BridgeSpec bridge, StandaloneEndpoint endpoint, ContainerDefinition definition, IReadOnlySet<IPAddress> used, bool named)
    {
        Check(bridge, endpoint, named);
        ImmutableArray<InterfaceAddress> addresses =
        [
            .. bridge.Pools.Select(pool => AddressOf(bridge, pool, pool.IsIPv6 ? endpoint.Ipv6Address : endpoint.Ipv4Address, used)),
        ];
        var mac = MacAddress.TryParse(endpoint.MacAddress, out var own) ? own : MacAddress.OfIPv4(addresses.First(address => !address.IsIPv6).Address);
        return new BridgeLeg(bridge, endpoint.Number, addresses, mac, NamesOf(bridge, endpoint, definition), endpoint.GwPriority);
    }

    public static ImmutableArray<string> NamesOf(BridgeSpec bridge, StandaloneEndpoint endpoint, ContainerDefinition definition) =>
        bridge.IsDefault ? [definition.Name] : OwnNamesOf(endpoint, definition);

    /// <summary>On a network with names: its name, its aliases, its short id and its hostname.</summary>
    public static ImmutableArray<string> OwnNamesOf(StandaloneEndpoint endpoint, ContainerDefinition definition)
    {
        IEnumerable<string> names = [definition.Name, .. endpoint.Aliases, definition.Id[..Math.Min(12, definition.Id.Length)], definition.Hostname];
        return [.. names.Where(name => name.Length > 0).Distinct(StringComparer.OrdinalIgnoreCase)];
    }

    /// <summary>What of a wish has no meaning on a network, in Docker's words.</summary>
    /// <param name="named">The user gave the network a subnet: only then may he choose addresses in it.</param>
    public static void Check(BridgeSpec bridge, StandaloneEndpoint endpoint, bool named)
    {
        if (bridge.IsGateway) throw SkeinException.NotImplemented($"containers outside services are not supported on {bridge.Name}, which is the way out of tasks: use another bridge network");
        if (bridge.IsDefault && endpoint.Aliases.Count > 0) throw SkeinException.Invalid("invalid endpoint settings:\nnetwork-scoped aliases are only supported for user-defined networks");
        if (bridge.IsDefault && endpoint.Links.Count > 0) throw SkeinException.Invalid("invalid endpoint settings:\nnetwork-scoped links are only supported for user-defined networks: on the default bridge docker run --link makes them");
        EndpointCheck.RequireKnown(endpoint, "bridge");
        if (endpoint.MacAddress.Length > 0 && !MacAddress.TryParse(endpoint.MacAddress, out _)) throw SkeinException.Invalid($"invalid MAC address: {endpoint.MacAddress}");
        if (endpoint.Ipv4Address.Length + endpoint.Ipv6Address.Length == 0) return;
        if (bridge.IsDefault) throw SkeinException.Invalid("invalid endpoint settings:\nuser specified IP address is supported on user defined networks only");
        if (!named) throw SkeinException.Invalid("invalid endpoint settings:\nuser specified IP address is supported only when connecting to networks with user configured subnets");
        RequireIn(bridge, endpoint.Ipv4Address, ipv6: false);
        RequireIn(bridge, endpoint.Ipv6Address, ipv6: true);
    }

    private static void RequireIn(BridgeSpec bridge, string text, bool ipv6)
    {
        if (text.Length == 0) return;
        if (!IPAddress.TryParse(text, out var address) || address.AddressFamily != (ipv6 ? System.Net.Sockets.AddressFamily.InterNetworkV6 : System.Net.Sockets.AddressFamily.InterNetwork))
            throw SkeinException.Invalid($"invalid endpoint settings:\ninvalid IPv{(ipv6 ? 6 : 4)} address: {text}");
        if (bridge.Pool(ipv6)?.Subnet.Contains(address) != true) throw SkeinException.Invalid($"invalid endpoint settings:\nno configured subnet contains IP address {text}");
    }

    private static InterfaceAddress AddressOf(BridgeSpec bridge, BridgePool pool, string wished, IReadOnlySet<IPAddress> used)
    {
        if (wished.Length == 0)
        {
            return pool.Free(used) ?? throw SkeinException.Unavailable(
                $"no available IPv{(pool.IsIPv6 ? 6 : 4)} addresses on this network's address pools: {bridge.Name} ({bridge.NetworkId})");
        }
        var address = IPAddress.Parse(wished);
        if (used.Contains(address) || !pool.Takes(address)) throw new SkeinException(ErrorKind.Forbidden, "Address already in use");
        return new InterfaceAddress(address, pool.Subnet.PrefixLength);
    }
}
