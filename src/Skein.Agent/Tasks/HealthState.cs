using Skein.Agent.Containers;

namespace Skein.Agent.Tasks;

/// <param name="Failures">In a row.</param>
internal sealed record HealthState(HealthVerdict Verdict, int Failures)
{
    public static readonly HealthState Initial = new(HealthVerdict.Starting, 0);
}
