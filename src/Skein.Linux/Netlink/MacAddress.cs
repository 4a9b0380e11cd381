using System.Buffers.Binary;
using System.Globalization;
using System.Net;

namespace Skein.Linux.Netlink;

/// <summary>An Ethernet address of 48 bits.</summary>
public readonly record struct MacAddress(ulong Value)
{
    public const int Length = 6;

    public static MacAddress Parse(string text) =>
        TryParse(text, out var mac) ? mac : throw new FormatException($"\"{text}\" is not an Ethernet address (02:42:0a:00:01:05)");

    public static bool TryParse(string? text, out MacAddress mac)
    {
        mac = default;
        if (text is not { Length: 17 }) return false;
        ulong value = 0;
        for (var at = 0; at < 17; at += 3)
        {
            if (at > 0 && text[at - 1] != ':') return false;
            if (!byte.TryParse(text.AsSpan(at, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var part)) return false;
            value = (value << 8) | part;
        }
        mac = new MacAddress(value);
        return true;
    }

    /// <summary>02:42 and the four bytes of the address: what Docker gives an endpoint, so that tools recognise it.</summary>
    public static MacAddress OfIPv4(IPAddress address) =>
        new(0x0242_0000_0000UL | BinaryPrimitives.ReadUInt32BigEndian(address.GetAddressBytes()));

    public static MacAddress Read(ReadOnlySpan<byte> bytes) =>
        new(((ulong)BinaryPrimitives.ReadUInt16BigEndian(bytes) << 32) | BinaryPrimitives.ReadUInt32BigEndian(bytes[2..]));

    public void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt16BigEndian(bytes, (ushort)(Value >> 32));
        BinaryPrimitives.WriteUInt32BigEndian(bytes[2..], (uint)Value);
    }

    public override string ToString()
    {
        var v = Value;
        return $"{(byte)(v >> 40):x2}:{(byte)(v >> 32):x2}:{(byte)(v >> 24):x2}:{(byte)(v >> 16):x2}:{(byte)(v >> 8):x2}:{(byte)v:x2}";
    }
}
