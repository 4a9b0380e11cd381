using System.Net;

namespace Skein.Agent.Bridges;

/// <summary>Where subnets for the host's own networks come from: Docker's pools, or the daemon's `default-address-pools`.</summary>
public sealed record SubnetPools(IReadOnlyList<(IPNetwork Base, int Size)> Pools)
{
    public static readonly SubnetPools Dockers = new(
    [
        (IPNetwork.Parse("172.17.0.0/16"), 16), (IPNetwork.Parse("172.18.0.0/16"), 16), (IPNetwork.Parse("172.19.0.0/16"), 16),
        (IPNetwork.Parse("172.20.0.0/14"), 16), (IPNetwork.Parse("172.24.0.0/14"), 16), (IPNetwork.Parse("172.28.0.0/14"), 16),
        (IPNetwork.Parse("192.168.0.0/16"), 20),
    ]);

    /// <summary>The first that meets none of these; null when there is none.</summary>
    public IPNetwork? Free(IReadOnlyCollection<IPNetwork> taken)
    {
        foreach (var (from, size) in Pools.Where(pool => !pool.Base.IsIPv6()))
        {
            var step = System.Numerics.BigInteger.One << (32 - size);
            for (var number = from.First(); number < from.First() + from.Size(); number += step)
            {
                var candidate = new IPNetwork(AddressMath.Address(number, ipv6: false), size);
                if (!taken.Any(other => candidate.Overlaps(other))) return candidate;
            }
        }
        return null;
    }
}
