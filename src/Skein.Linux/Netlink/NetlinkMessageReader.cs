using System.Runtime.InteropServices;

namespace Skein.Linux.Netlink;

/// <summary>Walks the messages in one received buffer. Numbers are in the host's byte order.</summary>
internal ref struct NetlinkMessageReader(ReadOnlySpan<byte> bytes)
{
    public const int HeaderLength = 16;

    private ReadOnlySpan<byte> _rest = bytes;

    public ushort Type { get; private set; }

    public ushort Flags { get; private set; }

    public uint Sequence { get; private set; }

    public ReadOnlySpan<byte> Payload { get; private set; }

    /// <exception cref="NetlinkFormatException">A length leads out of the buffer.</exception>
    public bool Read()
    {
        if (_rest.IsEmpty) return false;
        if (_rest.Length < HeaderLength) throw new NetlinkFormatException($"{_rest.Length} bytes are too few for a netlink header");
        var length = MemoryMarshal.Read<uint>(_rest);
        if (length < HeaderLength || length > _rest.Length)
            throw new NetlinkFormatException($"a netlink message says {length} bytes where {_rest.Length} are left");
        Type = MemoryMarshal.Read<ushort>(_rest[4..]);
        Flags = MemoryMarshal.Read<ushort>(_rest[6..]);
        Sequence = MemoryMarshal.Read<uint>(_rest[8..]);
        Payload = _rest[HeaderLength..(int)length];
        _rest = _rest[Math.Min(_rest.Length, ((int)length + 3) & ~3)..];
        return true;
    }
}
