using System.Buffers.Binary;
using System.Net;
using System.Runtime.InteropServices;
using System.Text;

namespace Skein.Linux.Netlink;

/// <summary>Walks attributes: u16 length with its header, u16 type, value, padded to four bytes.</summary>
internal ref struct NetlinkAttributeReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    public ushort Type { get; private set; }

    public ReadOnlySpan<byte> Value { get; private set; }

    /// <summary>The attributes behind a family's fixed header.</summary>
    /// <exception cref="NetlinkFormatException">The message is shorter than that header.</exception>
    public static NetlinkAttributeReader After(int headerLength, ReadOnlySpan<byte> payload) => payload.Length < headerLength
        ? throw new NetlinkFormatException($"{payload.Length} bytes where a header of {headerLength} is expected")
        : new NetlinkAttributeReader(payload[headerLength..]);

    public bool Read()
    {
        if (_rest.IsEmpty) return false;
        if (_rest.Length < 4) throw new NetlinkFormatException($"{_rest.Length} bytes are too few for an attribute");
        var length = MemoryMarshal.Read<ushort>(_rest);
        if (length < 4 || length > _rest.Length) throw new NetlinkFormatException($"an attribute says {length} bytes where {_rest.Length} are left");
        Type = (ushort)(MemoryMarshal.Read<ushort>(_rest[2..]) & Rtnl.NLA_TYPE_MASK);
        Value = _rest[4..length];
        _rest = _rest[Math.Min(_rest.Length, (length + 3) & ~3)..];
        return true;
    }

    public readonly NetlinkAttributeReader Nested() => new(Value);

    public readonly byte ExpectByte() => Expect(1)[0];

    public readonly bool ExpectBool() => Expect(1)[0] != 0;

    public readonly uint ExpectUInt32() => MemoryMarshal.Read<uint>(Expect(4));

    public readonly int ExpectInt32() => MemoryMarshal.Read<int>(Expect(4));

    public readonly ushort ExpectUInt16BigEndian() => BinaryPrimitives.ReadUInt16BigEndian(Expect(2));

    public readonly IPAddress ExpectAddress() => Value.Length is 4 or 16
        ? new IPAddress(Value)
        : throw new NetlinkFormatException($"an address of {Value.Length} bytes");

    public readonly MacAddress ExpectMac() => MacAddress.Read(Expect(MacAddress.Length));

    /// <summary>A string that ends with its NUL.</summary>
    public readonly string ExpectString()
    {
        var end = Value.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? Value : Value[..end]);
    }

    private readonly ReadOnlySpan<byte> Expect(int length) => Value.Length >= length
        ? Value
        : throw new NetlinkFormatException($"attribute {Type} has {Value.Length} bytes where {length} are expected");
}
