using System.Text;

namespace Skein.Model.Templates;

/// <summary>
/// Go's strings are bytes, most often UTF-8: `len`, `index`, `slice` and the columns of its messages count bytes, and what is no UTF-8
/// passes through unharmed. So all text within a template is kept as a string with one char for each byte, 0 to 255; this is the door in
/// and out.
/// </summary>
internal static class GoBytes
{
    public const int Malformed = 0xFFFD;

    public static string From(string text) => Ascii.IsValid(text) ? text : Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text));

    public static string From(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);

    public static byte[] ToArray(string bytes) => Encoding.Latin1.GetBytes(bytes);

    public static string ToText(string bytes) => Ascii.IsValid(bytes) ? bytes : Encoding.UTF8.GetString(ToArray(bytes));

    /// <summary>The character that begins at a byte; a byte that begins none is U+FFFD of width 1, so is the end (width 0).</summary>
    public static int RuneAt(string bytes, int at, out int width)
    {
        width = Math.Min(1, bytes.Length - at);
        if (width == 0) return Malformed;
        if (bytes[at] < 0x80) return bytes[at];
        Span<byte> next = stackalloc byte[4];
        var count = Math.Min(next.Length, bytes.Length - at);
        for (var i = 0; i < count; i++) next[i] = (byte)bytes[at + i];
        if (Rune.DecodeFromUtf8(next[..count], out var rune, out var used) != System.Buffers.OperationStatus.Done) return Malformed;
        width = used;
        return rune.Value;
    }

    public static int RuneCount(string bytes)
    {
        var count = 0;
        for (var at = 0; at < bytes.Length; count++)
        {
            RuneAt(bytes, at, out var width);
            at += width;
        }
        return count;
    }

    /// <summary>The first characters, at most so many.</summary>
    public static string Truncate(string bytes, int runes)
    {
        var at = 0;
        for (; at < bytes.Length && runes > 0; runes--)
        {
            RuneAt(bytes, at, out var width);
            at += width;
        }
        return bytes[..at];
    }

    /// <summary>UTF-8 of a number; one that is no character is U+FFFD.</summary>
    public static string OfRune(long rune) =>
        From(new Rune(rune is >= 0 and <= int.MaxValue && Rune.IsValid((int)rune) ? (int)rune : Malformed).ToString());
}
