using System.Collections.Immutable;
using System.Net;
using Skein.Agent.Networks;
using Skein.Model;

namespace Skein.Agent.Bridges;

/// <summary>`--link`: what a container alone calls others. Pure.</summary>
internal static class ContainerLinks
{
    /// <summary>On the default bridge, where there are no names: lines of its hosts file for those that it is linked to.</summary>
    /// <param name="others">Those that stand.</param>
    public static IEnumerable<(IPAddress Address, string Names)> LinesOf(StandaloneSpec wish, IReadOnlyDictionary<string, UsersContainer> others) =>
        wish.Links.Where(link => others.ContainsKey(link.ContainerId)).SelectMany(link => LinesOf(link, others[link.ContainerId]));

    public static IEnumerable<(IPAddress Address, string Names)> LinesOf(ContainerLink link, UsersContainer target)
    {
        var definition = target.Definition;
        var names = $"{link.Alias} {definition.Hostname}{(link.Alias == definition.Name ? "" : $" {definition.Name}")}";
        return target.Legs.Where(leg => leg is BridgeLeg { HasNames: false }).SelectMany(leg => leg.Addresses).Select(address => (address.Address, names));
    }

    /// <summary>The ports that one exposes are open to those that are linked to it, whatever icc says.</summary>
    public static IEnumerable<LinkOpening> OpeningsOf(IReadOnlyDictionary<string, UsersContainer> containers) =>
        from owner in containers.Values
        from link in owner.Definition.Standalone.Links
        where containers.ContainsKey(link.ContainerId)
        let target = containers[link.ContainerId]
        from leg in owner.Legs.OfType<BridgeLeg>().Where(leg => leg.Bridge is { IsDefault: true, Icc: false })
        from address in leg.Addresses
        let other = target.Legs.OfType<BridgeLeg>().FirstOrDefault(one => one.Bridge.IsDefault)?.Address(address.IsIPv6)
        where other is not null
        from port in PortWish.ExposedBy(target.Definition.Standalone.ExposedPorts)
        select new LinkOpening(address.Address, other, port);

    /// <summary>On networks with names a link is one more, that a single container knows; it follows whoever is called so.</summary>
    public static ImmutableDictionary<(string NetworkId, string Alias), string> NamesOf(StandaloneSpec wish, IEnumerable<AttachedLeg> legs)
    {
        var names = ImmutableDictionary.CreateBuilder<(string, string), string>();
        foreach (var leg in legs.Where(leg => leg.HasNames))
        {
            foreach (var link in wish.Endpoints.Where(endpoint => endpoint.Number == leg.Number).SelectMany(endpoint => endpoint.Links))
            {
                if (link.Split(':') is [var name, var alias]) names[(leg.NetworkId, alias.ToLowerInvariant())] = name.ToLowerInvariant();
            }
        }
        return names.ToImmutable();
    }
}
