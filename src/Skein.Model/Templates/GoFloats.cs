using System.Globalization;

namespace Skein.Model.Templates;

/// <summary>Numbers with a point by the verbs that take them; %b and %x, which show their bits, are not among them here.</summary>
internal static class GoFloats
{
    private const int DefaultPrecision = 6;
    private const int LeastExponent = -4;

    public static bool Has(int verb) => verb is 'v' or 'e' or 'E' or 'f' or 'F' or 'g' or 'G';

    public static void Write(GoWriter writer, double value, int verb, GoFormatFlags flags)
    {
        var sign = double.IsNegative(value) ? "-" : flags.Plus ? "+" : flags.Space ? " " : "";
        var text = Digits(Math.Abs(value), verb, flags);
        if (flags is { Zero: true, Minus: false, Width: { } width }) text = text.PadLeft(Math.Max(0, width - sign.Length), '0');
        writer.Pad(sign + text, flags with { Zero = false });
    }

    private static string Digits(double value, int verb, GoFormatFlags flags) => verb switch
    {
        'e' or 'E' => Exponential(value, flags.Precision ?? DefaultPrecision, (char)verb),
        'f' or 'F' => value.ToString($"F{flags.Precision ?? DefaultPrecision}", CultureInfo.InvariantCulture),
        _ => General(value, flags.Precision, verb == 'G' ? 'E' : 'e'),
    };

    private static string Exponential(double value, int precision, char letter)
    {
        var text = value.ToString($"E{precision}", CultureInfo.InvariantCulture);
        var at = text.IndexOf('E', StringComparison.Ordinal);
        return Scientific(text[..at], int.Parse(text.AsSpan(at + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture), letter);
    }

    private static string Scientific(string mantissa, int exponent, char letter) => $"{mantissa}{letter}{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):D2}";

    /// <summary>The shortest digits that read back the same, or so many; with an exponent where that is very small or more than they reach.</summary>
    private static string General(double value, int? precision, char letter)
    {
        var most = Math.Max(1, precision ?? 0);
        var text = precision is null ? Shortest(value) : value.ToString($"E{most - 1}", CultureInfo.InvariantCulture);
        var at = text.IndexOf('E', StringComparison.Ordinal);
        var exponent = int.Parse(text.AsSpan(at + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        var digits = text[..at].Replace(".", "", StringComparison.Ordinal).TrimEnd('0');
        if (digits.Length == 0) digits = "0";
        var reach = precision is null ? DefaultPrecision : most > digits.Length && digits.Length >= exponent + 1 ? digits.Length : most;
        if (exponent < LeastExponent || exponent >= reach)
            return Scientific(digits.Length > 1 ? $"{digits[..1]}.{digits[1..]}" : digits, exponent, letter);
        if (exponent < 0) return $"0.{new string('0', -exponent - 1)}{digits}";
        if (digits.Length <= exponent + 1) return digits.PadRight(exponent + 1, '0');
        return $"{digits[..(exponent + 1)]}.{digits[(exponent + 1)..]}";
    }

    private static string Shortest(double value)
    {
        for (var digits = 0; digits < 17; digits++)
        {
            var text = value.ToString($"E{digits}", CultureInfo.InvariantCulture);
            if (double.Parse(text, CultureInfo.InvariantCulture) == value) return text;
        }
        return value.ToString("E16", CultureInfo.InvariantCulture);
    }
}
