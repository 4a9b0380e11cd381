namespace Skein.Model.Specs;

/// <summary>Durations are nanoseconds in Docker's API and in the store.</summary>
public static class Durations
{
    public static TimeSpan Nanoseconds(this long nanoseconds) => TimeSpan.FromTicks(nanoseconds / TimeSpan.NanosecondsPerTick);

    public static long InNanoseconds(this TimeSpan span) => span.Ticks * TimeSpan.NanosecondsPerTick;
}
