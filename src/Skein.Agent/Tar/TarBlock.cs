using System.Buffers.Binary;

namespace Skein.Agent.Tar;

/// <summary>
/// One head of 512 bytes: POSIX.1-1988's ustar, GNU's before it, star's, and V7's, which has no magic. Each field has its place in it,
/// so that nothing is read outside: <see href="https://www.gnu.org/software/tar/manual/html_node/Standard.html"/>
/// </summary>
internal readonly ref struct TarBlock
{
    public const int Length = 512;

    private readonly ReadOnlySpan<byte> _bytes;

    /// <exception cref="TarFormatException"/>
    public TarBlock(ReadOnlySpan<byte> bytes) => _bytes = bytes.Length == Length ? bytes : throw TarFormatException.Truncated();

    /// <summary>Two of them end a tar.</summary>
    public bool IsEmpty => !_bytes.ContainsAnyExcept((byte)0);

    public TarKind Kind => (TarKind)_bytes[156];

    public byte[] LinkName => Text(157, 100);

    /// <summary>What was too long for the name's field stands before it, where the head has a field for that.</summary>
    public byte[] Name
    {
        get
        {
            var (prefix, name) = (IsUstar ? Text(345, IsStar ? 131 : 155) : [], Text(0, 100));
            return prefix.Length > 0 ? [.. prefix, (byte)'/', .. name] : name;
        }
    }

    public long Mode => Number(100, 8);

    public long User => Number(108, 8);

    public long Group => Number(116, 8);

    public long Size => Number(124, 12);

    public long Modified => Number(136, 12);

    // V7 has other bytes there.
    public long Major => HasMagic ? Number(329, 8) : 0;

    public long Minor => HasMagic ? Number(337, 8) : 0;

    private bool HasMagic => _bytes[257..262].SequenceEqual("ustar"u8);

    private bool IsUstar => _bytes[257..263].SequenceEqual("ustar\0"u8);

    private bool IsStar => _bytes[508..512].SequenceEqual("tar\0"u8);

    /// <exception cref="TarFormatException">Its sum is another: it is no head, or was damaged.</exception>
    public void Check()
    {
        // The sum is taken with blanks in its own field; some have taken it of signed bytes.
        var (unsigned, signed) = (0L, 0L);
        for (var i = 0; i < Length; i++)
        {
            var value = i is >= 148 and < 156 ? (byte)' ' : _bytes[i];
            unsigned += value;
            signed += (sbyte)value;
        }
        if (Number(148, 8) is var said && said != unsigned && said != signed) throw TarFormatException.Invalid();
    }

    private byte[] Text(int start, int length)
    {
        var field = _bytes.Slice(start, length);
        return field.IndexOf((byte)0) is >= 0 and var end ? field[..end].ToArray() : field.ToArray();
    }

    /// <summary>In octal digits, or, when the first bit is set, as GNU writes what is larger: the bits themselves, the first of them the sign.</summary>
    private long Number(int start, int length)
    {
        var field = _bytes.Slice(start, length);
        return (field[0] & 0x80) != 0 ? Binary(field) : Octal(field);
    }

    private static long Binary(ReadOnlySpan<byte> field)
    {
        // The second bit is the sign's, and what does not fit into eight bytes must be nothing but the sign.
        var sign = (field[0] & 0x40) != 0 ? (byte)0xff : (byte)0;
        Span<byte> low = stackalloc byte[8];
        low.Fill(sign);
        for (var i = 0; i < field.Length; i++)
        {
            var value = i == 0 ? (byte)(sign == 0 ? field[0] & 0x7f : field[0]) : field[i];
            var at = i + 8 - field.Length;
            if (at >= 0) low[at] = value;
            else if (value != sign) throw TarFormatException.Invalid();
        }
        var number = BinaryPrimitives.ReadInt64BigEndian(low);
        return (number < 0) == (sign != 0) ? number : throw TarFormatException.Invalid();
    }

    private static long Octal(ReadOnlySpan<byte> field)
    {
        var digits = field.Trim(" \0"u8);
        if (digits.IndexOfAny((byte)0, (byte)' ') is >= 0 and var end) digits = digits[..end];
        var number = 0L;
        foreach (var digit in digits)
        {
            if (digit is < (byte)'0' or > (byte)'7') throw TarFormatException.Invalid();
            number = number * 8 + (digit - '0');
        }
        return number;
    }
}
