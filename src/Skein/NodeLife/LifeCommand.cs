using Skein.Model;

namespace Skein.NodeLife;

/// <summary>What a node's life has done. <see cref="Work"/> is carried out one at a time and ends with an event; the others are done at once.</summary>
internal abstract record LifeCommand
{
    /// <summary>Ends with <see cref="LifeEvent.Done"/> or <see cref="LifeEvent.Failed"/>.</summary>
    public abstract record Work : LifeCommand;

    /// <summary>The work under way is to end soon: it fails then.</summary>
    public sealed record CallOff : LifeCommand;

    /// <param name="Failure">null = it was done.</param>
    public sealed record Answer(LifeRequest Request, Exception? Failure) : LifeCommand;

    /// <summary>To the managers: why the node does not have its role; empty when it has.</summary>
    public sealed record SayRole(string Failure) : LifeCommand;

    /// <summary>Whether it can be done at all; nothing is touched.</summary>
    public sealed record Check(LifeRequest Request) : Work;

    /// <summary>The keys on the disk are opened; nothing else happens by it.</summary>
    public sealed record Unlock(string Key) : Work;

    /// <summary>What runs on this host goes on, by what the disk says in the clear; nobody is spoken to.</summary>
    public sealed record StartLocked : Work;

    /// <summary>The keys on the disk are the swarm's of now, and sealed as it wants it.</summary>
    public sealed record Seal : Work;

    /// <summary>A new swarm's node on this disk: certificate and memory, marked as unfinished.</summary>
    public sealed record Found(SwarmInitRequest Wish) : Work;

    /// <summary>A certificate by token, and the memory on this disk.</summary>
    public sealed record AskToJoin(SwarmJoinRequest Wish) : Work;

    /// <summary>Is added to etcd's members by another manager; all that a restart needs stands on the disk then.</summary>
    public sealed record AskToBeManager : Work;

    /// <summary>etcd runs.</summary>
    public sealed record StartState : Work;

    /// <summary>The store is open. Others may stay away for long after a power cut: only what is new is given a time.</summary>
    public sealed record OpenState(bool InTime) : Work;

    /// <summary>Others learn where this manager is reached by now.</summary>
    public sealed record Announce : Work;

    /// <summary>The manager's part ends; the disk says manager still.</summary>
    public sealed record StopServing : Work;

    /// <summary>From now on the disk says that this manager becomes a new cluster of one, at the addresses that are wished for.</summary>
    public sealed record Force(SwarmInitRequest Wish) : Work;

    /// <summary>The state says that the other managers are none, and the disk that it has been done.</summary>
    public sealed record TakeOver(SwarmInitRequest? Wish) : Work;

    /// <summary>The swarm's first objects are written, and the memory is finished.</summary>
    public sealed record Birth(SwarmInitRequest Wish) : Work;

    /// <summary>The port for other nodes is open, and this one takes part in all that managers do.</summary>
    public sealed record Serve : Work;

    public sealed record AwaitLeader : Work;

    /// <summary>The node's session, and the renewal of its certificate.</summary>
    public sealed record StartAgent : Work;

    /// <param name="Strictly">It is an error when there is none in time.</param>
    public sealed record AwaitSession(bool Strictly) : Work;

    /// <summary>Out of etcd's members, before the power goes: who is gone counts against the majority.</summary>
    public sealed record LeaveMembers : Work;

    /// <summary>The manager's part ends, and the disk says worker.</summary>
    public sealed record StopManager : Work;

    /// <summary>A certificate for this role, unless the node has it.</summary>
    public sealed record Certify(NodeRole Role) : Work;

    /// <summary>Out of etcd's members as far as possible, and the manager's part ends.</summary>
    public sealed record Withdraw : Work;

    public sealed record Pause(TimeSpan Time) : Work;

    /// <summary>The swarm leaves this host: tasks, networks, state and folder.</summary>
    /// <param name="Undone">Of an init or a join that has failed: why. null when the node leaves.</param>
    public sealed record Forget(Exception? Undone) : Work;

    /// <summary>All parts end; containers, networks and the disk stay.</summary>
    public sealed record StopParts : Work;
}
