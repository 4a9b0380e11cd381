using System.Globalization;
using System.Net;
using Skein.Model;
using Skein.Model.Validation;

namespace Skein.NodeLife;

/// <summary>What of a `docker swarm init` can be refused before anything is made: what it fixes for good above all. Pure.</summary>
internal static class SwarmInitCheck
{
    // A smaller subnet has too few addresses for anything but the network itself.
    private const uint LongestMask = 29;

    /// <exception cref="SkeinException">In Docker's words.</exception>
    /// <param name="local">CIDRs that this host has a route to.</param>
    public static void Check(SwarmInitRequest request, IReadOnlyList<string> local)
    {
        CheckPools(request.DefaultAddrPool, request.SubnetSize == 0 ? SwarmBirth.DefaultSubnetSize : request.SubnetSize);
        CheckCollisions(request.DefaultAddrPool, local);
        if (request.DataPathPort is not (0 or >= 1024 and <= 49151))
            throw SkeinException.Invalid($"Datapath port number is not in valid range (1024-49151) : {request.DataPathPort}");
        if (request.Spec.Ca is { } ca && (!ca.SigningCert.IsEmpty || !ca.SigningKey.IsEmpty))
            throw SkeinException.Invalid("a swarm begins with a CA of its own; rotate to another with \"docker swarm ca --rotate\"");
        // A name that is not given is filled in when the cluster is made.
        var spec = request.Spec.Clone();
        spec.Annotations ??= new();
        if (spec.Annotations.Name.Length == 0) spec.Annotations.Name = "default";
        try
        {
            ClusterSpecValidation.Check(spec);
        }
        catch (SkeinException error)
        {
            throw new SkeinException(error.Kind, $"error updating cluster settings: {error.Message}", error);
        }
    }

    /// <summary>Of a swarm that is there already, and keeps what it was begun with.</summary>
    /// <exception cref="SkeinException">What is wished for could not be had; Docker takes it, and does nothing about it.</exception>
    public static void CheckForced(SwarmInitRequest request)
    {
        if (request.DefaultAddrPool.Count > 0 || request.DataPathPort != 0)
            throw SkeinException.Invalid("with --force-new-cluster the swarm keeps its address pools and its data path port: leave --default-addr-pool and --data-path-port out");
    }

    private static void CheckPools(IReadOnlyList<string> pools, uint subnetSize)
    {
        if (pools.Count == 0) return;
        if (subnetSize > LongestMask) throw SkeinException.Invalid($"subnet size is out of range: {subnetSize}");
        foreach (var pool in pools)
        {
            if (!uint.TryParse(pool.AsSpan(pool.LastIndexOf('/') + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var length) || !pool.Contains('/'))
                throw SkeinException.Invalid($"invalid CIDR address: {pool}");
            if (subnetSize < length) throw SkeinException.Invalid($"invalid CIDR: \"{pool}\". Subnet size is too small for pool: {subnetSize}");
        }
    }

    /// <summary>Docker's own pool is kept clear of what is around; one that was asked for is taken to be meant, and refused.</summary>
    private static void CheckCollisions(IReadOnlyList<string> pools, IReadOnlyList<string> local)
    {
        var around = local.Select(l => IPNetwork.Parse(l)).ToList();
        foreach (var pool in pools)
        {
            if (!IPNetwork.TryParse(pool, out var asked)) continue;
            var hit = around.FindIndex(a => a.Contains(asked.BaseAddress) || asked.Contains(a.BaseAddress));
            if (hit >= 0) throw SkeinException.Invalid($"invalid default address pool {pool}: it overlaps with {local[hit]}, which this host has a route to");
        }
    }
}
