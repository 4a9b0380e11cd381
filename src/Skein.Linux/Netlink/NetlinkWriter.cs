using System.Buffers.Binary;
using System.Net;
using System.Runtime.InteropServices;
using System.Text;

namespace Skein.Linux.Netlink;

/// <summary>Builds messages one behind the other in one growing buffer.</summary>
internal sealed class NetlinkWriter
{
    private byte[] _buffer = new byte[1024];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Written => _buffer.AsSpan(0, Length);

    /// <summary>Begins a message; the answer is its start, for <see cref="End"/>.</summary>
    public int Begin(ushort type, ushort flags, uint sequence)
    {
        var start = Length;
        var header = Take(NetlinkMessageReader.HeaderLength);
        MemoryMarshal.Write(header[4..], type);
        MemoryMarshal.Write(header[6..], flags);
        MemoryMarshal.Write(header[8..], sequence);
        return start;
    }

    public void End(int start)
    {
        MemoryMarshal.Write(_buffer.AsSpan(start), (uint)(Length - start));
        Pad();
    }

    public Span<byte> Fixed(int length) => Take(length);

    public int BeginNested(ushort type)
    {
        var start = Length;
        var header = Take(4);
        MemoryMarshal.Write(header[2..], (ushort)(type | Rtnl.NLA_F_NESTED));
        return start;
    }

    public void EndNested(int start) => MemoryMarshal.Write(_buffer.AsSpan(start), checked((ushort)(Length - start)));

    public void Bytes(ushort type, ReadOnlySpan<byte> value)
    {
        var header = Take(4);
        MemoryMarshal.Write(header, checked((ushort)(4 + value.Length)));
        MemoryMarshal.Write(header[2..], type);
        value.CopyTo(Take(value.Length));
        Pad();
    }

    public void Byte(ushort type, byte value) => Bytes(type, [value]);

    public void Bool(ushort type, bool value) => Bytes(type, [value ? (byte)1 : (byte)0]);

    public void UInt16(ushort type, ushort value) => Bytes(type, MemoryMarshal.AsBytes(new ReadOnlySpan<ushort>(in value)));

    public void UInt32(ushort type, uint value) => Bytes(type, MemoryMarshal.AsBytes(new ReadOnlySpan<uint>(in value)));

    public void Int32(ushort type, int value) => UInt32(type, unchecked((uint)value));

    public void UInt16BigEndian(ushort type, ushort value)
    {
        Span<byte> bytes = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, value);
        Bytes(type, bytes);
    }

    public void Text(ushort type, string value)
    {
        Span<byte> bytes = stackalloc byte[Encoding.UTF8.GetMaxByteCount(value.Length) + 1];
        var length = Encoding.UTF8.GetBytes(value, bytes);
        bytes[length] = 0;
        Bytes(type, bytes[..(length + 1)]);
    }

    public void Address(ushort type, IPAddress value)
    {
        Span<byte> bytes = stackalloc byte[16];
        value.TryWriteBytes(bytes, out var length);
        Bytes(type, bytes[..length]);
    }

    public void Mac(ushort type, MacAddress value)
    {
        Span<byte> bytes = stackalloc byte[MacAddress.Length];
        value.Write(bytes);
        Bytes(type, bytes);
    }

    private void Pad()
    {
        var pad = -Length & 3;
        if (pad > 0) Take(pad);
    }

    private Span<byte> Take(int count)
    {
        if (Length + count > _buffer.Length) Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, Length + count));
        var span = _buffer.AsSpan(Length, count);
        span.Clear();
        Length += count;
        return span;
    }
}
