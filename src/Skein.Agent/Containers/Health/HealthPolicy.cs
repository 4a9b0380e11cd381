using Skein.Model;

namespace Skein.Agent.Containers.Health;

/// <summary>Docker's defaults for a health check, and when a run of probes makes a container healthy or not.</summary>
internal static class HealthPolicy
{
    // Nanoseconds, Docker's defaults.
    private const long DefaultInterval = 30_000_000_000;
    private const long DefaultTimeout = 30_000_000_000;
    private const long DefaultStartInterval = 5_000_000_000;
    private const int DefaultRetries = 3;

    // What an image says is its maker's word. Without a pause the probes of one container would be all that this daemon does; and
    // what is longer than a timer can be is never.
    private static readonly TimeSpan s_least = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan s_most = TimeSpan.FromDays(49);

    /// <summary>The service's check over the image's, value by value; null when there is none or it says NONE.</summary>
    public static HealthConfig? Merge(HealthConfig? service, HealthConfig? image)
    {
        var test = service is { Test.Count: > 0 } ? service.Test : image?.Test;
        if (test is null || test.Count == 0 || test[0] == "NONE") return null;
        return new HealthConfig
        {
            Test = { test },
            Interval = First(service?.Interval, image?.Interval, DefaultInterval),
            Timeout = First(service?.Timeout, image?.Timeout, DefaultTimeout),
            Retries = (int)First(service?.Retries, image?.Retries, DefaultRetries),
            StartPeriod = First(service?.StartPeriod, image?.StartPeriod, 0),
            StartInterval = First(service?.StartInterval, image?.StartInterval, DefaultStartInterval),
        };
    }

    /// <summary>The probe's command line: CMD as it is, CMD-SHELL through the image's shell.</summary>
    public static IReadOnlyList<string> Command(HealthConfig health) => health.Test[0] switch
    {
        "CMD" => [.. health.Test.Skip(1)],
        "CMD-SHELL" => ["/bin/sh", "-c", health.Test.Count > 1 ? health.Test[1] : ""],
        _ => [.. health.Test],
    };

    /// <summary>How long until the next probe.</summary>
    public static TimeSpan Delay(HealthConfig health, HealthState state, TimeSpan sinceStart) =>
        Timer(IsStarting(health, state, sinceStart) ? Math.Min(health.StartInterval, health.Interval) : health.Interval);

    /// <summary>How long a probe may take.</summary>
    public static TimeSpan Limit(HealthConfig health) => Timer(health.Timeout);

    /// <summary>A failure counts only after the first success or the start period.</summary>
    public static HealthState Next(HealthConfig health, HealthState state, bool passed, TimeSpan sinceStart)
    {
        if (passed) return new HealthState(HealthVerdict.Healthy, 0);
        if (IsStarting(health, state, sinceStart)) return state;
        var failures = state.Failures + 1;
        return new HealthState(failures >= health.Retries ? HealthVerdict.Unhealthy : state.Verdict, failures);
    }

    public static TimeSpan Span(long nanoseconds) => TimeSpan.FromTicks(nanoseconds / TimeSpan.NanosecondsPerTick);

    private static TimeSpan Timer(long nanoseconds) => TimeSpan.FromTicks(Math.Clamp(Span(nanoseconds).Ticks, s_least.Ticks, s_most.Ticks));

    private static bool IsStarting(HealthConfig health, HealthState state, TimeSpan sinceStart) =>
        state.Verdict == HealthVerdict.Starting && sinceStart < Span(health.StartPeriod);

    private static long First(long? service, long? image, long otherwise) =>
        service is > 0 ? service.Value : image is > 0 ? image.Value : otherwise;
}
