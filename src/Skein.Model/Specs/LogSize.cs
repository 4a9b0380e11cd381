using System.Globalization;

namespace Skein.Model.Specs;

/// <summary>A log driver's max-size: "1000", "10k", "10m", "1g", with a b at the end or without.</summary>
public static class LogSize
{
    public static bool TryParse(string text, out long bytes)
    {
        bytes = 0;
        var digits = text.TrimEnd('b', 'B', 'k', 'K', 'm', 'M', 'g', 'G');
        if (!long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number)) return false;
        var shift = text[digits.Length..].ToUpperInvariant() switch
        {
            "" or "B" => 0,
            "K" or "KB" => 10,
            "M" or "MB" => 20,
            "G" or "GB" => 30,
            _ => -1,
        };
        if (shift < 0 || number < 1 || number > long.MaxValue >> shift) return false;
        bytes = number << shift;
        return true;
    }
}
