namespace Skein.NodeLife;

/// <summary>What the swarm folder says at the daemon's start.</summary>
internal abstract record Disk
{
    /// <summary>This host is in no swarm.</summary>
    public sealed record Nothing : Disk;

    /// <summary>It is in one, and what stands there cannot be used.</summary>
    public sealed record Unreadable(string Why) : Disk;

    /// <summary>An init or a leave was cut off half way: what is left is of nobody's use.</summary>
    public sealed record Unfinished : Disk;

    /// <summary>It is a manager of a swarm with autolock: its keys are sealed.</summary>
    public sealed record Locked : Disk;

    /// <summary>It is a node.</summary>
    /// <param name="Fault">What is wrong with it all the same, e.g. its certificate is over; else empty.</param>
    /// <param name="Forced">It was becoming a new cluster of one.</param>
    public sealed record Node(Part Part, string Fault, bool Forced = false) : Disk;
}
