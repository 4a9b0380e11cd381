using System.Globalization;

namespace Skein.Model.Specs;

/// <summary>Sizes as Docker's options write them: "1000", "10k", "1.5m", "1g", with a b or ib at the end or without.</summary>
public static class LogSize
{
    private const string Prefixes = "kmgtp";

    /// <param name="unit">What a k multiplies with: 1000 in max-size, 1024 in max-buffer-size.</param>
    public static bool TryParse(string text, out long bytes, int unit = 1000)
    {
        bytes = 0;
        var digits = text.AsSpan().TrimEnd("bBiIkKmMgGtTpP ");
        if (digits.Length == 0 || !decimal.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)) return false;
        var suffix = text[digits.Length..].TrimStart(' ').ToLowerInvariant();
        var prefix = suffix.Length > 0 ? Prefixes.IndexOf(suffix[0], StringComparison.Ordinal) : -1;
        if (suffix is not ("" or "b") && (prefix < 0 || suffix[1..] is not ("" or "b" or "ib"))) return false;
        for (var i = 0; i <= prefix && number <= long.MaxValue; i++) number *= unit;
        if (number > long.MaxValue) return false;
        bytes = (long)number;
        return true;
    }
}
