using Skein.Model;

namespace Skein.Agent.Containers.Life;

/// <summary>All that decides what becomes of a container of a user when its process ends, or the daemon comes.</summary>
/// <param name="Policy">null = it is not restarted.</param>
/// <param name="RestartCount">Restarts since a user last started it.</param>
/// <param name="Pause">Before the restart that was last; zero before the first.</param>
/// <param name="StoppedByUser">It is to stay as it is until a user starts it; `always` holds so only until the next daemon.</param>
internal sealed record ContainerLife(
    ContainerRestartPolicy? Policy,
    bool AutoRemove,
    ContainerPhase Phase = ContainerPhase.Resting,
    int RestartCount = 0,
    TimeSpan Pause = default,
    bool StoppedByUser = false);
