using System.Collections.Immutable;
using Skein.Agent.Dns;

namespace Skein.Agent.Bridges;

/// <summary>Who is called how on which of the host's own networks. Docker's default bridge knows no names.</summary>
internal static class BridgeNames
{
    public static IReadOnlyDictionary<string, NetworkNames> Of(IEnumerable<UsersContainer> containers)
    {
        var networks = new Dictionary<string, NetworkNames>(StringComparer.Ordinal);
        foreach (var leg in containers.SelectMany(container => container.Legs).OfType<BridgeLeg>().Where(leg => leg.HasNames))
        {
            if (!networks.TryGetValue(leg.Bridge.NetworkId, out var names)) networks[leg.Bridge.NetworkId] = names = new NetworkNames(leg.Bridge.Name);
            foreach (var address in leg.Addresses.Select(own => own.Address))
            {
                foreach (var name in leg.Names) names.Add(name, address);
                names.AddReverse(address, leg.Names[0]);
            }
        }
        return networks.ToImmutableDictionary();
    }
}
