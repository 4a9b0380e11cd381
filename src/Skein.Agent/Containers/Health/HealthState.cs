namespace Skein.Agent.Containers.Health;

/// <param name="Failures">In a row.</param>
internal sealed record HealthState(HealthVerdict Verdict, int Failures)
{
    public static readonly HealthState Initial = new(HealthVerdict.Starting, 0);
}
