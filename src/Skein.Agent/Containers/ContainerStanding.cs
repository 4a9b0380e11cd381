namespace Skein.Agent.Containers;

/// <summary>What a user's container keeps of its life beside its state, so that the next daemon knows.</summary>
/// <param name="Restarts">It has ended, and is started again after a pause.</param>
/// <param name="RestartCount">By its restart policy, since a user last started it.</param>
/// <param name="StoppedByUser">And not started since.</param>
public sealed record ContainerStanding(bool Restarts, int RestartCount, bool StoppedByUser);
