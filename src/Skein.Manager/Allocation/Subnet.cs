using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Skein.Model;

namespace Skein.Manager.Allocation;

/// <summary>A block of addresses as numbers; both families alike.</summary>
/// <param name="First">The lowest address, host bits zero.</param>
/// <param name="Length">Prefix length: 0 to 32, or 0 to 128.</param>
internal readonly record struct Subnet(UInt128 First, int Length, bool IsIPv6)
{
    public int Bits => IsIPv6 ? 128 : 32;

    public UInt128 Last => First + (Size - 1);

    /// <summary>Addresses in it; 0 stands for 2^128.</summary>
    public UInt128 Size => Length == 0 && IsIPv6 ? 0 : UInt128.One << (Bits - Length);

    public static bool TryParse(string? text, out Subnet subnet)
    {
        subnet = default;
        var slash = text?.IndexOf('/') ?? -1;
        if (slash < 0 || !IPAddress.TryParse(text.AsSpan(0, slash), out var address)) return false;
        if (!int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var length)) return false;
        var (number, isIPv6) = NumberOf(address);
        if (length > (isIPv6 ? 128 : 32)) return false;
        subnet = new Subnet(number, length, isIPv6).WithoutHostBits();
        return true;
    }

    public static IEnumerable<Subnet> In(IEnumerable<IpamConfig> ipam)
    {
        foreach (var entry in ipam)
        {
            if (TryParse(entry.Subnet, out var subnet)) yield return subnet;
        }
    }

    /// <summary>An address, with or without a prefix length after it.</summary>
    public static bool TryParseAddress(string? text, out UInt128 number, out bool isIPv6)
    {
        number = 0;
        isIPv6 = false;
        if (string.IsNullOrEmpty(text)) return false;
        var slash = text.IndexOf('/');
        if (!IPAddress.TryParse(slash < 0 ? text : text.AsSpan(0, slash), out var address)) return false;
        (number, isIPv6) = NumberOf(address);
        return true;
    }

    public bool Contains(UInt128 number, bool isIPv6) => isIPv6 == IsIPv6 && number >= First && number <= Last;

    public bool Overlaps(Subnet other) => IsIPv6 == other.IsIPv6 && First <= other.Last && other.First <= Last;

    /// <summary>The address with this block's prefix length, as attachments carry it.</summary>
    public string Cidr(UInt128 number) => $"{Text(number)}/{Length}";

    public string Text(UInt128 number) => AddressOf(number).ToString();

    public override string ToString() => Cidr(First);

    private IPAddress AddressOf(UInt128 number)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, number);
        return new IPAddress(IsIPv6 ? bytes : bytes[12..]);
    }

    private Subnet WithoutHostBits() => Length == Bits ? this : this with { First = First >> (Bits - Length) << (Bits - Length) };

    private static (UInt128 Number, bool IsIPv6) NumberOf(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        if (address.AddressFamily == AddressFamily.InterNetworkV6)
        {
            address.TryWriteBytes(bytes, out _);
            return (BinaryPrimitives.ReadUInt128BigEndian(bytes), true);
        }
        address.TryWriteBytes(bytes, out _);
        return (BinaryPrimitives.ReadUInt32BigEndian(bytes), false);
    }
}
