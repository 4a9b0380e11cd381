using System.Buffers;

namespace Skein.Api.Builds;

/// <summary>
/// A block of HTTP/2 header fields as .NET's client writes it, in which values that were put together are fields of their own again.
/// That client joins the values of a name with commas; gRPC's metadata are lists (the patterns of a build's .dockerignore, the methods
/// that a session has), and Go's server does not part them. The client's encoder neither compresses nor remembers, so that a field
/// can be written twice.
/// </summary>
internal static class RepeatedHeaders
{
    private const char Separator = '\u001f';
    private const byte HuffmanFlag = 0x80;

    public static string Join(IEnumerable<string?> values) => string.Join(Separator, values);

    /// <exception cref="IOException">The block is not what it should be.</exception>
    public static void Part(ReadOnlySpan<byte> block, IBufferWriter<byte> parted)
    {
        while (block.Length > 0)
        {
            var (name, value, rest) = Next(block);
            var written = name + value;
            if (value == 0 || !TryWriteEach(block[..name], block[name..written], parted)) parted.Write(block[..written]);
            block = block[rest..];
        }
    }

    private static bool TryWriteEach(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, IBufferWriter<byte> parted)
    {
        var at = 0;
        var huffman = (value[0] & HuffmanFlag) != 0;
        _ = Integer(value, 7, ref at);
        var text = value[at..];
        if (huffman || !text.Contains((byte)Separator)) return false;
        foreach (var piece in text.Split((byte)Separator))
        {
            parted.Write(name);
            WriteString(text[piece], parted);
        }
        return true;
    }

    /// <summary>How long the next field's name with what stands before it is, and its value; an indexed field has none.</summary>
    private static (int Name, int Value, int All) Next(ReadOnlySpan<byte> block)
    {
        var at = 0;
        var first = block[0];
        if (first >= 0x80 || (first & 0xe0) == 0x20)
        {
            _ = Integer(block, first >= 0x80 ? 7 : 5, ref at);
            return (at, 0, at);
        }
        if (Integer(block, first >= 0x40 ? 6 : 4, ref at) == 0) SkipString(block, ref at);
        var name = at;
        SkipString(block, ref at);
        return (name, at - name, at);
    }

    private static void SkipString(ReadOnlySpan<byte> block, ref int at)
    {
        var length = Integer(block, 7, ref at);
        if (length > block.Length - at) throw Cut();
        at += length;
    }

    /// <summary>RFC 7541, 5.1.</summary>
    private static int Integer(ReadOnlySpan<byte> block, int bits, ref int at)
    {
        if (at >= block.Length) throw Cut();
        var most = (1 << bits) - 1;
        var value = block[at++] & most;
        for (var shift = 0; value >= most; shift += 7)
        {
            if (at >= block.Length || shift > 21) throw Cut();
            var next = block[at++];
            value += (next & 0x7f) << shift;
            if (next < 0x80) break;
        }
        return value;
    }

    private static void WriteString(ReadOnlySpan<byte> text, IBufferWriter<byte> target)
    {
        Span<byte> prefix = stackalloc byte[5];
        var (length, left) = (1, text.Length - 0x7f);
        prefix[0] = (byte)Math.Min(text.Length, 0x7f);
        for (; left >= 0; left = left >= 0x80 ? left >> 7 : -1) prefix[length++] = (byte)(left >= 0x80 ? (left & 0x7f) | 0x80 : left);
        target.Write(prefix[..length]);
        target.Write(text);
    }

    private static IOException Cut() => new("a block of header fields is cut");
}
