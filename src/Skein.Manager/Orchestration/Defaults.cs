using Skein.Model.Specs;

namespace Skein.Manager.Orchestration;

/// <summary>What the control loops go by where a spec says nothing: Docker's numbers.</summary>
internal static class Defaults
{
    public static readonly TimeSpan RestartDelay = ServiceDefaults.RestartDelay.Nanoseconds();
    public static readonly TimeSpan UpdateMonitor = ServiceDefaults.UpdateMonitor.Nanoseconds();

    /// <summary>After so long a replacement says that it waits for its predecessor to stop. swarmkit starts it then, beside a living one.</summary>
    public static readonly TimeSpan PredecessorStop = TimeSpan.FromMinutes(1);

    /// <summary>After so long without a node for a task that is to start before the one it replaces stops, an update counts as failed.</summary>
    public static readonly TimeSpan PlaceBeside = TimeSpan.FromSeconds(30);

    /// <summary>After so long on a node that is down a task is given up, and what it holds is free.</summary>
    public static readonly TimeSpan OrphanAfter = TimeSpan.FromHours(24);
}
