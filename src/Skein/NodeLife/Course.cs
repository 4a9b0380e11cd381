namespace Skein.NodeLife;

/// <summary>What is under way: one thing at a time, in steps.</summary>
internal enum Course
{
    /// <summary>Nothing: the node is what it shall be.</summary>
    Resting,

    /// <summary>`docker swarm init`.</summary>
    Beginning,

    /// <summary>`docker swarm join`.</summary>
    Joining,

    /// <summary>`docker swarm init --force-new-cluster`.</summary>
    Forcing,

    /// <summary>Taking up what the disk says.</summary>
    Resuming,

    /// <summary>Becoming the worker or manager that the swarm wants.</summary>
    ChangingRole,

    /// <summary>`docker swarm unlock`.</summary>
    Unlocking,

    /// <summary>The disk follows the swarm's keys.</summary>
    Sealing,

    /// <summary>A promotion has failed half way: the others must not count on this one.</summary>
    Withdrawing,

    /// <summary>Something failed, and is tried again when the pause is over.</summary>
    Pausing,

    /// <summary>An init or join has failed half way: the host becomes as it was before.</summary>
    Undoing,

    /// <summary>`docker swarm leave`, or what a leave that was cut off has left behind.</summary>
    Leaving,

    /// <summary>The daemon ends. Nothing follows.</summary>
    Stopping,
}
