using System.Text;

namespace Skein.Model.Templates;

/// <summary>Strings and characters as Go's source has them, both ways.</summary>
internal static class GoQuotes
{
    private const string Simple = "abfnrtv\\";
    private const string Meant = "\a\b\f\n\r\t\v\\";

    /// <summary>Of ordinary text, for a message.</summary>
    public static string QuoteText(string text) => GoBytes.ToText(Quote(GoBytes.From(text)));

    public static string Quote(string bytes, bool onlyAscii = false) => Quote(bytes, '"', onlyAscii);

    public static string QuoteRune(long rune, bool onlyAscii = false) => Quote(GoBytes.OfRune(rune), '\'', onlyAscii);

    /// <summary>Whether the text can stand between backquotes as it is.</summary>
    public static bool CanBackquote(string bytes)
    {
        for (var at = 0; at < bytes.Length;)
        {
            var rune = GoBytes.RuneAt(bytes, at, out var width);
            if (width == 1 && rune == GoBytes.Malformed) return false;
            if (rune is 0xFEFF or '`' or 0x7F || (rune < ' ' && rune != '\t')) return false;
            at += width;
        }
        return true;
    }

    /// <summary>What a string between quotes or backquotes means; null where an escape is none.</summary>
    public static string? Unquote(string quoted)
    {
        var inner = quoted[1..^1];
        if (quoted[0] == '`') return inner.Replace("\r", "", StringComparison.Ordinal);
        var text = new StringBuilder(inner.Length);
        for (var at = 0; at < inner.Length;)
        {
            if (inner[at] != '\\') text.Append(inner[at++]);
            else if (Escape(inner, ref at, '"') is { } meant) text.Append(meant);
            else return null;
        }
        return text.ToString();
    }

    /// <summary>The number of a character between single quotes; null where that is none, `rest` is what follows it.</summary>
    public static int? UnquoteRune(string afterQuote, out string rest)
    {
        rest = "";
        var at = 0;
        int rune;
        if (afterQuote.Length == 0 || afterQuote[0] is '\'' or '\n') return null;
        if (afterQuote[0] != '\\')
        {
            rune = GoBytes.RuneAt(afterQuote, 0, out at);
        }
        else
        {
            if (Escape(afterQuote, ref at, '\'') is not { } meant) return null;
            rune = meant.Length == 1 ? meant[0] : GoBytes.RuneAt(meant, 0, out _);
        }
        rest = afterQuote[at..];
        return rune;
    }

    private static string? Escape(string text, ref int at, char quote)
    {
        if (at + 1 >= text.Length) return null;
        var kind = text[at + 1];
        at += 2;
        if (kind == quote) return $"{quote}";
        if (Simple.IndexOf(kind, StringComparison.Ordinal) is >= 0 and var simple) return $"{Meant[simple]}";
        return kind switch
        {
            'x' => Digits(text, ref at, 2, 16) is { } value ? $"{(char)value}" : null,
            'u' => Digits(text, ref at, 4, 16) is { } value && Rune.IsValid(value) ? GoBytes.OfRune(value) : null,
            'U' => Digits(text, ref at, 8, 16) is { } value && Rune.IsValid(value) ? GoBytes.OfRune(value) : null,
            >= '0' and <= '7' => Octal(text, ref at),
            _ => null,
        };
    }

    private static string? Octal(string text, ref int at)
    {
        at--;
        return Digits(text, ref at, 3, 8) is { } value and <= byte.MaxValue ? $"{(char)value}" : null;
    }

    private static int? Digits(string text, ref int at, int count, int radix)
    {
        if (at + count > text.Length) return null;
        var value = 0L;
        for (var i = 0; i < count; i++)
        {
            if (!char.IsAsciiHexDigit(text[at + i])) return null;
            var digit = Convert.ToInt32(text.Substring(at + i, 1), 16);
            if (digit >= radix) return null;
            value = (value * radix) + digit;
        }
        at += count;
        return value <= int.MaxValue ? (int)value : null;
    }

    private static string Quote(string bytes, char quote, bool onlyAscii)
    {
        var text = new StringBuilder().Append(quote);
        for (var at = 0; at < bytes.Length;)
        {
            var rune = GoBytes.RuneAt(bytes, at, out var width);
            if (width == 1 && rune == GoBytes.Malformed) text.Append($"\\x{(int)bytes[at]:x2}");
            else if (rune == quote) text.Append('\\').Append(quote);
            else if (rune < 0x80 && Meant.IndexOf((char)rune, StringComparison.Ordinal) is >= 0 and var simple) text.Append('\\').Append(Simple[simple]);
            else if (GoRunes.IsPrintable(rune) && (rune < 0x80 || !onlyAscii)) text.Append(bytes, at, width);
            else text.Append(rune < ' ' || rune == 0x7F ? $"\\x{rune:x2}" : rune <= 0xFFFF ? $"\\u{rune:x4}" : $"\\U{rune:x8}");
            at += width;
        }
        return text.Append(quote).ToString();
    }
}
