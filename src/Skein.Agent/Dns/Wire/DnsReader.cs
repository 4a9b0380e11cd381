using System.Buffers.Binary;
using System.Text;

namespace Skein.Agent.Dns.Wire;

/// <summary>Reads a message from front to back; every read is checked against its end.</summary>
internal ref struct DnsReader(ReadOnlySpan<byte> message)
{
    private const int MaxNameLength = 255;
    private readonly ReadOnlySpan<byte> _message = message;

    public int Position { get; private set; }

    public DnsHeader ReadHeader() => new(ReadUInt16(), ReadUInt16(), ReadUInt16(), ReadUInt16(), ReadUInt16(), ReadUInt16());

    public ushort ReadUInt16() => BinaryPrimitives.ReadUInt16BigEndian(ReadBytes(2));

    public uint ReadUInt32() => BinaryPrimitives.ReadUInt32BigEndian(ReadBytes(4));

    public ReadOnlySpan<byte> ReadBytes(int count)
    {
        if (count > _message.Length - Position) throw new DnsFormatException("message ends early");
        var bytes = _message.Slice(Position, count);
        Position += count;
        return bytes;
    }

    /// <summary>Labels in lower case joined by dots, without the last dot; the root is "". A dot within a label becomes "\.".</summary>
    public string ReadName()
    {
        var name = new StringBuilder();
        var at = Position;
        var end = -1;        // where reading goes on: after the first pointer
        var before = at;     // a pointer must point before where its name began, so a loop cannot be
        var length = 1;
        while (true)
        {
            var size = ByteAt(at);
            if (size == 0)
            {
                Position = end >= 0 ? end : at + 1;
                return name.ToString();
            }
            if ((size & 0xc0) == 0xc0)
            {
                var target = ((size & 0x3f) << 8) | ByteAt(at + 1);
                if (end < 0) end = at + 2;
                if (target >= before) throw new DnsFormatException("compression pointer does not point backwards");
                before = at = target;
                continue;
            }
            if ((size & 0xc0) != 0) throw new DnsFormatException("unknown label type");
            length += size + 1;
            if (length > MaxNameLength) throw new DnsFormatException("name too long");
            if (name.Length > 0) name.Append('.');
            AppendLabel(name, at + 1, size);
            at += size + 1;
        }
    }

    private readonly byte ByteAt(int index) =>
        index < _message.Length ? _message[index] : throw new DnsFormatException("message ends within a name");

    private readonly void AppendLabel(StringBuilder name, int start, int size)
    {
        if (start + size > _message.Length) throw new DnsFormatException("message ends within a label");
        foreach (var b in _message.Slice(start, size))
        {
            if (b is (byte)'.' or (byte)'\\') name.Append('\\');
            name.Append(b is >= (byte)'A' and <= (byte)'Z' ? (char)(b | 0x20) : (char)b);
        }
    }
}
