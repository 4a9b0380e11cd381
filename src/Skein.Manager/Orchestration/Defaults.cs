using Skein.Model.Specs;

namespace Skein.Manager.Orchestration;

/// <summary>What the control loops go by where a spec says nothing: Docker's numbers.</summary>
internal static class Defaults
{
    public static readonly TimeSpan RestartDelay = ServiceDefaults.RestartDelay.Nanoseconds();
    public static readonly TimeSpan UpdateMonitor = ServiceDefaults.UpdateMonitor.Nanoseconds();

    /// <summary>How long a replacement waits for its predecessor to stop, however long that one's grace period.</summary>
    public static readonly TimeSpan PredecessorStop = TimeSpan.FromMinutes(1);

    /// <summary>After so long on a node that is down a task is given up, and what it holds is free.</summary>
    public static readonly TimeSpan OrphanAfter = TimeSpan.FromHours(24);

    public const long TaskHistory = 5;
}
