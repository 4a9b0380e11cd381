using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Skein.Linux.Netlink;

/// <summary>An address with the length of its network's prefix, host bits kept: 10.0.1.5/24. (IPNetwork refuses host bits.)</summary>
public readonly record struct InterfaceAddress(IPAddress Address, int PrefixLength)
{
    public bool IsIPv6 => Address.AddressFamily == AddressFamily.InterNetworkV6;

    /// <summary>The network it lies in.</summary>
    public IPNetwork Network => new(Masked(), PrefixLength);

    public static InterfaceAddress Parse(string text) =>
        TryParse(text, out var address) ? address : throw new FormatException($"\"{text}\" is not an address with a prefix length (10.0.1.5/24)");

    public static bool TryParse(string? text, out InterfaceAddress address)
    {
        address = default;
        var slash = text?.IndexOf('/') ?? -1;
        if (slash < 0 || !IPAddress.TryParse(text.AsSpan(0, slash), out var ip)) return false;
        if (!int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var length)) return false;
        if (length > (ip.AddressFamily == AddressFamily.InterNetworkV6 ? 128 : 32)) return false;
        address = new InterfaceAddress(ip, length);
        return true;
    }

    public override string ToString() => $"{Address}/{PrefixLength}";

    private IPAddress Masked()
    {
        var bytes = Address.GetAddressBytes();
        for (var bit = PrefixLength; bit < bytes.Length * 8; bit++) bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        return new IPAddress(bytes);
    }
}
