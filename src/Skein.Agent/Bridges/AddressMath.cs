using System.Net;
using System.Numerics;

namespace Skein.Agent.Bridges;

/// <summary>Addresses of either family as numbers.</summary>
internal static class AddressMath
{
    public static bool IsIPv6(this IPNetwork network) => network.BaseAddress.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6;

    public static bool Overlaps(this IPNetwork network, IPNetwork other) =>
        network.IsIPv6() == other.IsIPv6() && (network.Contains(other.BaseAddress) || other.Contains(network.BaseAddress));

    public static BigInteger First(this IPNetwork network) => Number(network.BaseAddress);

    public static BigInteger Size(this IPNetwork network) => BigInteger.One << (network.BaseAddress.GetAddressBytes().Length * 8 - network.PrefixLength);

    public static BigInteger Number(IPAddress address) => new(address.GetAddressBytes(), isUnsigned: true, isBigEndian: true);

    public static IPAddress Address(BigInteger number, bool ipv6)
    {
        var bytes = new byte[ipv6 ? 16 : 4];
        var digits = number.ToByteArray(isUnsigned: true, isBigEndian: true);
        digits.CopyTo(bytes, bytes.Length - digits.Length);
        return new IPAddress(bytes);
    }
}
