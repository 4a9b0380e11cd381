namespace Skein.Agent.Tasks;

internal enum HealthVerdict
{
    Starting,
    Healthy,
    Unhealthy,
}

/// <param name="Failures">In a row.</param>
internal sealed record HealthState(HealthVerdict Verdict, int Failures)
{
    public static readonly HealthState Initial = new(HealthVerdict.Starting, 0);
}
