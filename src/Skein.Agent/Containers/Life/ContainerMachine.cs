using Skein.Model;

namespace Skein.Agent.Containers.Life;

/// <summary>
/// The life of a container of a user as one pure function. Docker's rules: a pause of 100 ms that doubles with each restart up to a
/// minute, and is forgotten by a run of ten seconds. Two of its habits are left out: a restart that fails for a reason that passes is
/// tried again, and `on-failure` starts nothing a user has stopped when a daemon comes.
/// </summary>
internal static class ContainerMachine
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan SteadyRun = TimeSpan.FromSeconds(10);

    // What Docker notes of a start that failed.
    private const int FailedStart = 128;

    public static (ContainerLife Life, ContainerLifeCommand Command) Step(ContainerLife life, ContainerLifeEvent happened) => happened switch
    {
        _ when life.Phase == ContainerPhase.Removing => Stay(life),
        ContainerLifeEvent.StartAsked => OnStartAsked(life),
        // A short run's end may be known before.
        ContainerLifeEvent.Started => Stay(life.Phase == ContainerPhase.Starting ? life with { Phase = ContainerPhase.Running } : life),
        ContainerLifeEvent.StartFailed failed => OnStartFailed(life, failed),
        ContainerLifeEvent.Exited exited => OnExited(life, exited),
        ContainerLifeEvent.StopAsked => OnStopAsked(life),
        ContainerLifeEvent.PauseOver => life.Phase == ContainerPhase.Waiting ? Start(life) : Stay(life),
        ContainerLifeEvent.PolicyChanged changed => Stay(life with { Policy = changed.Policy }),
        ContainerLifeEvent.FoundRunning => Stay(life with { Phase = ContainerPhase.Running }),
        ContainerLifeEvent.FoundEnded found => OnFoundEnded(life, found),
        _ => throw new ArgumentOutOfRangeException(nameof(happened), happened, "no such event"),
    };

    private static (ContainerLife, ContainerLifeCommand) OnStartAsked(ContainerLife life) => life.Phase == ContainerPhase.Resting
        ? Start(life with { RestartCount = 0, Pause = TimeSpan.Zero, StoppedByUser = false })
        : Stay(life);

    // The first start's fault is told to who asked for it; only what has run before is tried again.
    private static (ContainerLife, ContainerLifeCommand) OnStartFailed(ContainerLife life, ContainerLifeEvent.StartFailed failed) =>
        failed.Passing && life.RestartCount > 0 && IsWanted(life, FailedStart) ? Again(life) : End(life);

    private static (ContainerLife, ContainerLifeCommand) OnExited(ContainerLife life, ContainerLifeEvent.Exited exited)
    {
        if (life.StoppedByUser || !IsWanted(life, exited.ExitCode)) return End(life);
        return Again(exited.Ran >= SteadyRun ? life with { Pause = TimeSpan.Zero } : life);
    }

    // While it runs it goes on until it ends; in a pause it has ended.
    private static (ContainerLife, ContainerLifeCommand) OnStopAsked(ContainerLife life)
    {
        var stopped = life with { StoppedByUser = true };
        return life.Phase == ContainerPhase.Waiting ? End(stopped) : Stay(stopped);
    }

    // Who stopped it meant the run before: from now on it is kept up again.
    private static (ContainerLife, ContainerLifeCommand) OnFoundEnded(ContainerLife life, ContainerLifeEvent.FoundEnded found)
    {
        if (found.Waited) return Start(life);
        if (found.HasRun && IsWantedBy(life, found)) return Start(life with { RestartCount = life.RestartCount + 1, StoppedByUser = false });
        return found.Unseen || life.AutoRemove && found.HasRun ? End(life) : Stay(life);
    }

    private static bool IsWantedBy(ContainerLife life, ContainerLifeEvent.FoundEnded found) => life.Policy?.Name switch
    {
        "always" => true,
        "unless-stopped" => !life.StoppedByUser,
        "on-failure" => found.Unseen && !life.StoppedByUser && IsWanted(life, found.ExitCode),
        _ => false,
    };

    private static bool IsWanted(ContainerLife life, int exitCode) => life.Policy?.Name switch
    {
        "always" or "unless-stopped" => true,
        "on-failure" => exitCode != 0 && (life.Policy.MaximumRetryCount == 0 || life.RestartCount < life.Policy.MaximumRetryCount),
        _ => false,
    };

    private static (ContainerLife, ContainerLifeCommand) Again(ContainerLife life)
    {
        var pause = life.Pause == TimeSpan.Zero ? FirstPause : life.Pause * 2;
        return (life with { Phase = ContainerPhase.Waiting, RestartCount = life.RestartCount + 1, Pause = pause < LongestPause ? pause : LongestPause }, ContainerLifeCommand.Wait);
    }

    private static (ContainerLife, ContainerLifeCommand) Start(ContainerLife life) => (life with { Phase = ContainerPhase.Starting }, ContainerLifeCommand.Start);

    private static (ContainerLife, ContainerLifeCommand) End(ContainerLife life) => life.AutoRemove
        ? (life with { Phase = ContainerPhase.Removing }, ContainerLifeCommand.Remove)
        : (life with { Phase = ContainerPhase.Resting }, ContainerLifeCommand.None);

    private static (ContainerLife, ContainerLifeCommand) Stay(ContainerLife life) => (life, ContainerLifeCommand.None);
}
