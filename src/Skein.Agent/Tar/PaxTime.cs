using System.Globalization;

namespace Skein.Agent.Tar;

/// <summary>A time in a record: seconds since 1970 in decimal, with a fraction or without, and before 1970 with a sign.</summary>
internal static class PaxTime
{
    private const int FractionDigits = 9;

    /// <exception cref="TarFormatException"/>
    public static (long Seconds, uint Nanoseconds) Read(ReadOnlySpan<byte> text)
    {
        var point = text.IndexOf((byte)'.');
        var whole = point < 0 ? text : text[..point];
        var fraction = point < 0 ? [] : text[(point + 1)..];
        if (!long.TryParse(whole, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var seconds) || fraction.ContainsAnyExceptInRange((byte)'0', (byte)'9')) throw TarFormatException.Invalid();
        var nanoseconds = 0u;
        for (var i = 0; i < FractionDigits; i++) nanoseconds = nanoseconds * 10 + (i < fraction.Length ? fraction[i] - (uint)'0' : 0);
        // The sign is the fraction's too: -0.5 is half a second before the second that the kernel counts from.
        if (nanoseconds == 0 || whole[0] != (byte)'-') return (seconds, nanoseconds);
        return seconds == long.MinValue ? throw TarFormatException.Invalid() : (seconds - 1, 1_000_000_000 - nanoseconds);
    }
}
