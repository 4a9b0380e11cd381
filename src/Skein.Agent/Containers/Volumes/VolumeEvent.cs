namespace Skein.Agent.Containers.Volumes;

/// <param name="Action">create or destroy</param>
public sealed record VolumeEvent(DateTimeOffset Time, string Action, string Name);
