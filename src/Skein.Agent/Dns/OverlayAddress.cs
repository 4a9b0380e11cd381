using System.Net;

namespace Skein.Agent.Dns;

/// <summary>Addresses as the assignments carry them: 10.0.1.5/24.</summary>
internal static class OverlayAddress
{
    public static IPAddress? Parse(string cidr) =>
        IPAddress.TryParse(cidr.AsSpan(0, cidr.IndexOf('/') is var slash and >= 0 ? slash : cidr.Length), out var address) ? address : null;

    /// <summary>What is no address is left out: one bad record of a manager must not silence all others.</summary>
    public static IEnumerable<IPAddress> ParseAll(IEnumerable<string> cidrs) => cidrs.Select(Parse).OfType<IPAddress>();
}
