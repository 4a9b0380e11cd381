using System.Globalization;

namespace Skein.Model.Templates;

/// <summary>Numbers as Go writes them: 12, -0x1F, 0b101, 0o17, 017, 1_000, 1.5e3, 'x'.</summary>
internal static class GoLiterals
{
    /// <summary>The value, null where a whole number is larger than an int; a TemplateException says why it is no number.</summary>
    public static TemplateValue? Number(string text)
    {
        if (text[0] == '\'') return new TemplateValue.Int(Rune(text));
        var (negative, digits) = text[0] switch { '-' => (true, text[1..]), '+' => (false, text[1..]), _ => (false, text) };
        if (Magnitude(digits) is { } magnitude)
        {
            if (negative ? magnitude <= 1UL << 63 : magnitude <= long.MaxValue) return new TemplateValue.Int(negative ? (long)(0 - magnitude) : (long)magnitude);
            if (text[0] is not ('-' or '+')) return null;
        }
        // a number of ParseUint's, so one beyond ulong is a float without a point
        if (Float(text) is not { } real) throw new TemplateException($"illegal number syntax: {GoQuotes.Quote(text)}");
        return text.AsSpan().ContainsAny(".eEpP") ? new TemplateValue.Float(real) : throw new TemplateException($"integer overflow: {GoQuotes.Quote(text)}");
    }

    private static long Rune(string text)
    {
        if (GoQuotes.UnquoteRune(text[1..], out var rest) is not { } rune) throw new TemplateException("invalid syntax");
        return rest == "'" ? rune : throw new TemplateException($"malformed character constant: {text}");
    }

    private static ulong? Magnitude(string digits)
    {
        var (radix, from) = digits switch
        {
            ['0', 'x' or 'X', ..] => (16u, 2),
            ['0', 'o' or 'O', ..] => (8u, 2),
            ['0', 'b' or 'B', ..] => (2u, 2),
            ['0', _, ..] => (8u, 1),
            _ => (10u, 0),
        };
        if (digits.Length == from || !Underscored(digits)) return null;
        var value = 0UL;
        foreach (var digit in digits.AsSpan(from))
        {
            if (digit == '_') continue;
            if (!char.IsAsciiHexDigit(digit)) return null;
            var weight = (ulong)Convert.ToInt32(digit.ToString(), 16);
            if (weight >= radix || value > (ulong.MaxValue - weight) / radix) return null;
            value = (value * radix) + weight;
        }
        return value;
    }

    // An underscore stands between two digits, or a prefix and a digit.
    private static bool Underscored(string digits)
    {
        for (var i = 0; i < digits.Length; i++)
        {
            if (digits[i] == '_' && (i == 0 || i == digits.Length - 1 || digits[i - 1] == '_' || digits[i + 1] == '_')) return false;
        }
        return true;
    }

    // Hexadecimal ones (0x1p-2) are left out: nobody writes them.
    private static double? Float(string text)
    {
        const NumberStyles Styles = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        if (text.Contains('_', StringComparison.Ordinal)) return null;
        return double.TryParse(text, Styles, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value) ? value : null;
    }
}
