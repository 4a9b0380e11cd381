using System.Globalization;
using System.Net;
using Skein.Agent.Mesh;
using Skein.Agent.Networks;
using Skein.Model;

namespace Skein.Agent.Bridges;

/// <summary>Gives a container the ports of the host that it asks for, all of them or none.</summary>
internal sealed class PortPublisher(HostEnds ends)
{
    /// <exception cref="SkeinException">One is not free, in Docker's words.</exception>
    public IReadOnlyList<BoundPort> Publish(UsersContainer container)
    {
        // Nothing leads in where nothing leads out.
        if (container.PublishingLeg(ipv6: false) is not { } gateway) return [];
        try
        {
            var wishes = PortWish.Of(container.Definition.Standalone).Select(wish => (Wish: wish, Addresses: AddressesOf(wish, container, gateway))).ToList();
            ends.CheckRoom(wishes.Sum(one => one.Addresses.Count));
            return [.. wishes.SelectMany(one => Bind(one.Wish, one.Addresses, container.Id))];
        }
        catch (SkeinException error)
        {
            ends.Release(container.Id);
            throw new SkeinException(
                error.Kind == ErrorKind.Conflict ? ErrorKind.Internal : error.Kind,
                $"driver failed programming external connectivity on endpoint {container.Definition.Name} ({container.Id}): {error.Message}", error);
        }
    }

    private static List<IPAddress> AddressesOf(PortWish wish, UsersContainer container, AttachedLeg gateway)
    {
        var hasIPv6 = container.PublishingLeg(ipv6: true) is not null;
        if (wish.HostAddress is not { } named)
        {
            var own = gateway.HostBinding;
            return own.Equals(IPAddress.Any) && hasIPv6 ? [own, IPAddress.IPv6Any] : [own];
        }
        if (named.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 && !hasIPv6)
            throw SkeinException.NotImplemented($"a port on {named} needs a network with IPv6");
        return [named];
    }

    private IEnumerable<BoundPort> Bind(PortWish wish, IReadOnlyList<IPAddress> addresses, string owner)
    {
        var port = new TransportPort(wish.Target.Protocol, Chosen(wish, addresses, owner));
        return addresses.Select(address => new BoundPort(wish.Target, new HostEnd(port, address)));
    }

    private ushort Chosen(PortWish wish, IReadOnlyList<IPAddress> addresses, string owner)
    {
        if (wish.First == 0) return ends.HoldAny(wish.Target.Protocol, addresses, owner);
        if (wish.First == wish.Last)
        {
            foreach (var address in addresses) ends.Hold(new HostEnd(new TransportPort(wish.Target.Protocol, wish.First), address), owner);
            return wish.First;
        }
        for (int port = wish.First; port <= wish.Last; port++)
        {
            if (ends.TryHoldAll(new TransportPort(wish.Target.Protocol, (ushort)port), addresses, owner)) return (ushort)port;
        }
        throw SkeinException.Conflict(string.Create(CultureInfo.InvariantCulture, $"Bind for {addresses[0]}:{wish.First}-{wish.Last} failed: port is already allocated"));
    }
}
