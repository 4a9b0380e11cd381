using System.Globalization;
using Skein.Model;

namespace Skein.Manager.Allocation;

/// <summary>A leg's MAC is 02:42 and the four bytes of its IPv4 address, as Docker's; without one, of the last four of its IPv6.</summary>
internal static class MacAddresses
{
    private const string Prefix = "02:42:";

    public static string Of(IReadOnlyList<string> addresses)
    {
        foreach (var wantIPv6 in (bool[])[false, true])
        {
            foreach (var address in addresses)
            {
                if (!Subnet.TryParseAddress(address, out var number, out var isIPv6) || isIPv6 != wantIPv6) continue;
                var low = (uint)(number & uint.MaxValue);
                return string.Create(
                    CultureInfo.InvariantCulture, $"{Prefix}{low >> 24:x2}:{(low >> 16) & 255:x2}:{(low >> 8) & 255:x2}:{low & 255:x2}");
            }
        }
        return "";
    }

    /// <summary>Of one that the network has, or may give.</summary>
    public static bool IsOfAnAddress(Network network, string mac) =>
        mac.StartsWith(Prefix, StringComparison.Ordinal)
        && uint.TryParse(mac[Prefix.Length..].Replace(":", "", StringComparison.Ordinal), NumberStyles.HexNumber, null, out var low)
        && Subnet.In(network.Ipam).Any(subnet => subnet.IsIPv6 || subnet.Contains(low, isIPv6: false));
}
