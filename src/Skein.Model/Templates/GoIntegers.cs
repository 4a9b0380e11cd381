using System.Globalization;

namespace Skein.Model.Templates;

/// <summary>Whole numbers by the verbs that take them.</summary>
internal static class GoIntegers
{
    public static bool Has(int verb) => verb is 'v' or 'd' or 'b' or 'o' or 'O' or 'x' or 'X' or 'c' or 'q' or 'U';

    public static void Write(GoWriter writer, long value, int verb, GoFormatFlags flags)
    {
        switch (verb)
        {
            case 'c': writer.Pad(GoBytes.OfRune(value), flags); break;
            case 'q': writer.Pad(GoQuotes.QuoteRune(value, flags.Plus), flags); break;
            case 'U': WriteUnicode(writer, value, flags); break;
            default: WriteDigits(writer, value, verb, flags); break;
        }
    }

    private static void WriteUnicode(GoWriter writer, long value, GoFormatFlags flags)
    {
        var digits = value.ToString("X", CultureInfo.InvariantCulture).PadLeft(Math.Max(4, flags.Precision ?? 0), '0');
        var shown = flags.Sharp && value is >= 0 and <= 0x10FFFF && GoRunes.IsPrintable((int)value) ? $" '{GoBytes.OfRune(value)}'" : "";
        writer.Pad($"U+{digits}{shown}", flags with { Zero = false });
    }

    private static void WriteDigits(GoWriter writer, long value, int verb, GoFormatFlags flags)
    {
        if (flags.Precision == 0 && value == 0)
        {
            writer.Pad("", flags with { Zero = false });
            return;
        }
        var magnitude = value < 0 ? 0 - (ulong)value : (ulong)value;
        var sign = value < 0 ? "-" : flags.Plus ? "+" : flags.Space ? " " : "";
        // Zeros to the left come before any prefix, and count to the width without the sign.
        var least = flags.Precision ?? (flags is { Zero: true, Minus: false, Width: { } width } ? width - sign.Length : 0);
        var digits = Digits(magnitude, verb);
        if (least > digits.Length) digits = digits.PadLeft(least, '0');
        writer.Pad(sign + Prefix(verb, digits, flags.Sharp) + digits, flags with { Zero = false });
    }

    private static string Digits(ulong magnitude, int verb) => verb switch
    {
        'b' => magnitude.ToString("B", CultureInfo.InvariantCulture),
        'o' or 'O' => Octal(magnitude),
        'x' => magnitude.ToString("x", CultureInfo.InvariantCulture),
        'X' => magnitude.ToString("X", CultureInfo.InvariantCulture),
        _ => magnitude.ToString(CultureInfo.InvariantCulture),
    };

    private static string Prefix(int verb, string digits, bool sharp) => verb switch
    {
        'O' => "0o",
        'b' when sharp => "0b",
        'o' when sharp && digits[0] != '0' => "0",
        'x' when sharp => "0x",
        'X' when sharp => "0X",
        _ => "",
    };

    private static string Octal(ulong magnitude)
    {
        var digits = "";
        do digits = $"{magnitude & 7}{digits}";
        while ((magnitude >>= 3) > 0);
        return digits;
    }
}
