using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using Skein.Model.Specs;

namespace Skein.Api;

/// <summary>Times as Go's encoding/json writes them: RFC 3339, nanoseconds without trailing zeros, UTC.</summary>
internal static class GoTime
{
    /// <summary>Go's zero time: "never" in Docker's objects.</summary>
    public const string Zero = "0001-01-01T00:00:00Z";

    public static string Format(DateTimeOffset? time) =>
        time is { } t ? t.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture) : Zero;

    public static string Format(Timestamp? time)
    {
        if (time is null) return Zero;
        var seconds = DateTimeOffset.FromUnixTimeSeconds(time.Seconds).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture);
        var fraction = time.Nanos.ToString("D9", CultureInfo.InvariantCulture).TrimEnd('0');
        return fraction.Length == 0 ? seconds + "Z" : $"{seconds}.{fraction}Z";
    }

    /// <summary>As Docker's clients write a time: seconds since the epoch, with a fraction perhaps, or RFC 3339. False for what is none, or beyond all calendars.</summary>
    public static bool TryParse(string text, out DateTimeOffset time)
    {
        if (!decimal.TryParse(text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var seconds))
            return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out time);
        time = DateTimeOffset.UnixEpoch;
        if (seconds < DateTimeOffset.MinValue.ToUnixTimeSeconds() || seconds > DateTimeOffset.MaxValue.ToUnixTimeSeconds()) return false;
        time = DateTimeOffset.UnixEpoch.AddTicks((long)(seconds * TimeSpan.TicksPerSecond));
        return true;
    }

    /// <summary>Nanoseconds since the epoch.</summary>
    public static long UnixNanoseconds(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).InNanoseconds();
}
