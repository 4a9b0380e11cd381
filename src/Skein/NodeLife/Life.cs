using System.Collections.Immutable;

namespace Skein.NodeLife;

/// <summary>All that decides what a node does next. Immutable; <see cref="NodeMachine"/> makes the next of it.</summary>
internal sealed record Life
{
    public static readonly TimeSpan ShortestPause = TimeSpan.FromSeconds(1);

    public static Life Inactive { get; } = new();

    public Part Part { get; init; }

    public Course Course { get; init; }

    /// <summary>What is carried out now; null = nothing.</summary>
    public LifeCommand.Work? Work { get; init; }

    /// <summary>What the course does after it.</summary>
    public ImmutableList<LifeCommand.Work> Next { get; init; } = [];

    /// <summary>Who waits for the course; null = nobody.</summary>
    public LifeRequest? For { get; init; }

    /// <summary>Why the course is undone.</summary>
    public Exception? Undone { get; init; }

    public ImmutableList<LifeRequest> Waiting { get; init; } = [];

    /// <summary>The work under way was called off, and has not ended yet.</summary>
    public bool CalledOff { get; init; }

    /// <summary>What the swarm wants and the node has not looked at since.</summary>
    public Told? Told { get; init; }

    /// <summary>What the present change of the role is to end in.</summary>
    public Told? Wanted { get; init; }

    /// <summary>It is to become a new cluster of one before anything else.</summary>
    public bool Forced { get; init; }

    /// <summary>Its keys are sealed, and nobody has given the one that opens them.</summary>
    public bool Locked { get; init; }

    /// <summary>The swarm has another unlock key than the one that the disk is sealed with, or other keys of its store.</summary>
    public bool KeysChanged { get; init; }

    /// <summary>The session runs, or tries to; in a locked node what was known before goes on.</summary>
    public bool HasAgent { get; init; }

    /// <summary>The swarm's verbs can be had of this manager.</summary>
    public bool Serves { get; init; }

    /// <summary>It has taken its part since it began or the daemon started.</summary>
    public bool Active { get; init; }

    /// <summary>What is wrong with what stands on the disk; empty when it is sound.</summary>
    public string DiskFault { get; init; } = "";

    /// <summary>Why a manager's state cannot be run; empty when it can.</summary>
    public string StateFault { get; init; } = "";

    /// <summary>Why it does not have the role that it shall have; empty when it has.</summary>
    public string RoleFault { get; init; } = "";

    /// <summary>Before a role that failed is tried again.</summary>
    public TimeSpan RolePause { get; init; } = ShortestPause;

    /// <summary>Why the node cannot take its part; empty when it can.</summary>
    public string Fault => DiskFault.Length > 0 ? DiskFault : StateFault;

    public LocalNodeState State =>
        Fault.Length > 0 ? LocalNodeState.Error
        : Locked ? LocalNodeState.Locked
        : Part == Part.None ? LocalNodeState.Inactive
        : Active ? LocalNodeState.Active
        : LocalNodeState.Pending;
}
