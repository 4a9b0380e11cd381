using System.Buffers.Binary;

namespace Skein.Agent.Dns.Wire;

/// <summary>Writes a message into a buffer. A write that does not fit changes nothing and answers false.</summary>
internal ref struct DnsWriter(Span<byte> buffer)
{
    private readonly Span<byte> _buffer = buffer;

    public int Length { get; private set; }

    public void Rewind(int length) => Length = length;

    public bool TryWrite(ushort value)
    {
        if (Length + 2 > _buffer.Length) return false;
        BinaryPrimitives.WriteUInt16BigEndian(_buffer[Length..], value);
        Length += 2;
        return true;
    }

    public bool TryWrite(uint value) => TryWrite((ushort)(value >> 16)) && TryWrite((ushort)value);

    public bool TryWrite(scoped ReadOnlySpan<byte> bytes)
    {
        if (Length + bytes.Length > _buffer.Length) return false;
        bytes.CopyTo(_buffer[Length..]);
        Length += bytes.Length;
        return true;
    }

    /// <summary>Uncompressed; false also for what is no name: an empty label, one over 63 or a name over 255 bytes.</summary>
    public bool TryWriteName(string name)
    {
        var start = Length;
        if (name.Length > 253) return false;
        foreach (var range in name.AsSpan().Split('.'))
        {
            var label = name.AsSpan(range);
            if (label.Length is 0 or > 63 || Length + label.Length + 1 > _buffer.Length)
            {
                Length = start;
                return false;
            }
            _buffer[Length++] = (byte)label.Length;
            foreach (var c in label) _buffer[Length++] = (byte)c;
        }
        if (TryWrite([(byte)0])) return true;
        Length = start;
        return false;
    }

    /// <summary>Overwrites two bytes written before.</summary>
    public readonly void Patch(int at, ushort value) => BinaryPrimitives.WriteUInt16BigEndian(_buffer[at..], value);
}
