using System.Globalization;
using System.Text.RegularExpressions;

namespace Skein.Model.Specs;

/// <summary>Spans as Go writes them: "10m", "1h30m", "1.5s".</summary>
public static partial class GoDuration
{
    public static bool TryParse(string text, out TimeSpan span)
    {
        span = TimeSpan.Zero;
        var whole = Whole().Match(text);
        if (!whole.Success) return false;
        var seconds = 0m;
        foreach (Match part in Part().Matches(text))
        {
            if (!decimal.TryParse(part.Groups[1].ValueSpan, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)) return false;
            seconds += number * Unit(part.Groups[2].Value);
        }
        if (seconds > (decimal)TimeSpan.MaxValue.TotalSeconds / 2) return false;
        span = TimeSpan.FromTicks((long)(seconds * TimeSpan.TicksPerSecond));
        return true;
    }

    private static decimal Unit(string unit) => unit switch
    {
        "h" => 3600m,
        "m" => 60m,
        "s" => 1m,
        "ms" => 0.001m,
        "ns" => 0.000_000_001m,
        _ => 0.000_001m,
    };

    [GeneratedRegex(@"\A(?:[0-9]{1,15}(?:\.[0-9]{1,9})?(?:h|ms|m|s|us|µs|ns))+\z", RegexOptions.CultureInvariant)]
    private static partial Regex Whole();

    [GeneratedRegex("([0-9.]+)(h|ms|m|s|us|µs|ns)", RegexOptions.CultureInvariant)]
    private static partial Regex Part();
}
