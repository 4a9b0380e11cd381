using System.Buffers;
using System.Globalization;
using System.Text;

namespace Skein.Agent.Tar;

/// <summary>
/// An entry's head as Docker writes it: ustar, and before it, for what that has no room for (long names, names that are not ASCII, large numbers,
/// attributes), POSIX's extended head with those bytes as they are.
/// </summary>
internal static class TarHeadWriter
{
    private const int TextMax = 100;
    private const int IdMax = 0x1fffff;             // seven octal digits
    private const long LongMax = 0x1_ffff_ffff;     // eleven

    /// <summary>What ends a tar.</summary>
    public static ReadOnlyMemory<byte> End { get; } = new byte[2 * TarBlock.Length];

    /// <summary>Zeros between what an entry has and the next head.</summary>
    public static ReadOnlyMemory<byte> GapAfter(long size) => End[..(int)(TarHeadReader.Padded(size) - size)];

    public static byte[] Bytes(TarHead head)
    {
        var records = Records(head);
        var block = new byte[TarBlock.Length];
        Write(block, head);
        if (records.Length == 0) return block;
        var length = (int)TarHeadReader.Padded(records.Length);
        var whole = new byte[TarBlock.Length + length + TarBlock.Length];
        Write(whole.AsSpan(0, TarBlock.Length), new TarHead(TarKind.Records, [.. "PaxHeaders.0/"u8, .. LastStep(head.Name)]) { Size = records.Length });
        records.CopyTo(whole.AsSpan(TarBlock.Length));
        block.CopyTo(whole.AsSpan(TarBlock.Length + length));
        return whole;
    }

    private static ReadOnlySpan<byte> Records(TarHead head)
    {
        var records = new ArrayBufferWriter<byte>();
        // By their names, as Go has them.
        foreach (var attribute in head.Attributes) Record(records, [.. "SCHILY.xattr."u8, .. attribute.Name], attribute.Value);
        if (head.Group > IdMax) Record(records, "gid"u8, Decimal(head.Group));
        if (!Fits(head.LinkName)) Record(records, "linkpath"u8, head.LinkName);
        if (head.ModifiedSeconds is < 0 or > LongMax) Record(records, "mtime"u8, Decimal(head.ModifiedSeconds));
        if (!Fits(head.Name)) Record(records, "path"u8, head.Name);
        if (head.Size > LongMax) Record(records, "size"u8, Decimal(head.Size));
        if (head.User > IdMax) Record(records, "uid"u8, Decimal(head.User));
        return records.WrittenSpan;
    }

    /// <summary>Its length counts its own digits.</summary>
    private static void Record(ArrayBufferWriter<byte> records, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        var others = key.Length + value.Length + " =\n".Length;
        var length = others + Decimal(others).Length;
        length = others + Decimal(length).Length;
        records.Write(Decimal(length));
        records.Write(" "u8);
        records.Write(key);
        records.Write("="u8);
        records.Write(value);
        records.Write("\n"u8);
    }

    private static void Write(Span<byte> block, TarHead head)
    {
        Text(block[..TextMax], head.Name);
        Octal(block[100..108], head.Mode);
        Octal(block[108..116], head.User <= IdMax ? head.User : 0);
        Octal(block[116..124], head.Group <= IdMax ? head.Group : 0);
        Octal(block[124..136], head.Size <= LongMax ? head.Size : 0);
        Octal(block[136..148], head.ModifiedSeconds is >= 0 and <= LongMax ? head.ModifiedSeconds : 0);
        block[156] = (byte)head.Kind;
        Text(block.Slice(157, TextMax), head.LinkName);
        "ustar\0"u8.CopyTo(block[257..]);
        "00"u8.CopyTo(block[263..]);
        Octal(block[329..337], head.Major);
        Octal(block[337..345], head.Minor);
        // Its own sum is taken with blanks in its place.
        block[148..156].Fill((byte)' ');
        var sum = 0L;
        foreach (var value in block) sum += value;
        Octal(block[148..155], sum);
    }

    private static bool Fits(ReadOnlySpan<byte> text) => text.Length <= TextMax && !text.ContainsAnyInRange((byte)0x80, (byte)0xff);

    /// <summary>For readers that know no records the ASCII of it, as far as it fits.</summary>
    private static void Text(Span<byte> field, ReadOnlySpan<byte> text)
    {
        var length = 0;
        foreach (var letter in text)
        {
            if (length == field.Length) return;
            if (letter < 0x80) field[length++] = letter;
        }
    }

    /// <summary>With a zero at its end.</summary>
    private static void Octal(Span<byte> field, long number)
    {
        for (var i = field.Length - 2; i >= 0; i--, number >>= 3) field[i] = (byte)('0' + (number & 7));
        field[^1] = 0;
    }

    private static ReadOnlySpan<byte> LastStep(ReadOnlySpan<byte> name)
    {
        var bare = name.TrimEnd((byte)'/');
        return bare[(bare.LastIndexOf((byte)'/') + 1)..];
    }

    private static byte[] Decimal(long number) => Encoding.ASCII.GetBytes(number.ToString(CultureInfo.InvariantCulture));
}
