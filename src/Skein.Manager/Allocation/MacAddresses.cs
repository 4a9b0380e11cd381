using System.Globalization;

namespace Skein.Manager.Allocation;

/// <summary>A leg's MAC is 02:42 and the four bytes of its IPv4 address, as Docker's; without one, of the last four of its IPv6.</summary>
internal static class MacAddresses
{
    public static string Of(IReadOnlyList<string> addresses)
    {
        foreach (var wantIPv6 in (bool[])[false, true])
        {
            foreach (var address in addresses)
            {
                if (!Subnet.TryParseAddress(address, out var number, out var isIPv6) || isIPv6 != wantIPv6) continue;
                var low = (uint)(number & uint.MaxValue);
                return string.Create(
                    CultureInfo.InvariantCulture, $"02:42:{low >> 24:x2}:{(low >> 16) & 255:x2}:{(low >> 8) & 255:x2}:{low & 255:x2}");
            }
        }
        return "";
    }
}
