namespace Skein.Model;

public sealed partial class ContainerDefinition
{
    /// <summary>Between the stop signal and SIGKILL.</summary>
    public TimeSpan Grace => TimeSpan.FromTicks(StopGracePeriod / TimeSpan.NanosecondsPerTick);

    /// <summary>The swarm's: it starts another when this one ends.</summary>
    public bool IsTasks => OwnerCase == OwnerOneofCase.TaskId;
}
