namespace Skein.Agent.Containers;

public enum HealthVerdict
{
    Starting,
    Healthy,
    Unhealthy,
}

/// <summary>What a container's health check has said so far. Kept in memory alone: after the daemon's return it begins anew, as Docker's does.</summary>
/// <param name="FailingStreak">Failures in a row.</param>
/// <param name="Log">The newest probes, oldest first.</param>
public sealed record ContainerHealth(HealthVerdict Verdict, int FailingStreak, IReadOnlyList<HealthProbeResult> Log)
{
    /// <summary>Docker keeps as many.</summary>
    private const int Kept = 5;

    public static readonly ContainerHealth Starting = new(HealthVerdict.Starting, 0, []);

    public ContainerHealth After(HealthProbeResult probe, HealthVerdict verdict, int failingStreak) =>
        new(verdict, failingStreak, [.. Log.TakeLast(Kept - 1), probe]);
}

/// <param name="ExitCode">-1 when it did not end in time or could not be run.</param>
/// <param name="Output">Its first 4096 bytes, or why there are none.</param>
public sealed record HealthProbeResult(DateTimeOffset Start, DateTimeOffset End, int ExitCode, string Output);
