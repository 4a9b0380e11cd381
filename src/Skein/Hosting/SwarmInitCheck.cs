using System.Globalization;
using Skein.Model;
using Skein.Model.Validation;

namespace Skein.Hosting;

/// <summary>What of a `docker swarm init` can be refused before anything is made: what it fixes for good above all. Pure.</summary>
internal static class SwarmInitCheck
{
    // A smaller subnet has too few addresses for anything but the network itself.
    private const uint LongestMask = 29;

    /// <exception cref="SkeinException">In Docker's words.</exception>
    public static void Check(SwarmInitRequest request)
    {
        CheckPools(request.DefaultAddrPool, request.SubnetSize == 0 ? SwarmBirth.DefaultSubnetSize : request.SubnetSize);
        if (request.DataPathPort is not (0 or >= 1024 and <= 49151))
            throw SkeinException.Invalid($"Datapath port number is not in valid range (1024-49151) : {request.DataPathPort}");
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
}
