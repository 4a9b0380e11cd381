using System.Net;
using System.Net.Sockets;

namespace Skein.Model.Validation;

/// <summary>What a node may say of the networks around it: it keeps the swarm's networks clear of them.</summary>
public static class LocalSubnetBounds
{
    /// <summary>A router of the internet has a million: beyond these, the smallest go unsaid.</summary>
    public const int Most = 256;

    // Shorter ones are a default route in pieces (a VPN's 0.0.0.0/1), which nothing could keep clear of.
    private const int ShortestIPv4 = 8, ShortestIPv6 = 16;

    /// <summary>Why it is refused; null when it is sound.</summary>
    public static string? FlawOf(IReadOnlyCollection<string> subnets)
    {
        if (subnets.Count > Most) return $"more than {Most} networks around it";
        return subnets.All(s => IPNetwork.TryParse(s, out var subnet) && subnet.ToString() == s && MayBe(subnet)) ? null : "a network around it that is none";
    }

    public static bool MayBe(IPNetwork subnet) =>
        subnet.PrefixLength >= (subnet.BaseAddress.AddressFamily == AddressFamily.InterNetwork ? ShortestIPv4 : ShortestIPv6);
}
