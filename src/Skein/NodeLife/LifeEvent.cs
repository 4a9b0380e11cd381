namespace Skein.NodeLife;

/// <summary>What happens to a node, as its life sees it.</summary>
internal abstract record LifeEvent
{
    /// <summary>The daemon has started.</summary>
    public sealed record Started(Disk Disk) : LifeEvent;

    public sealed record Asked(LifeRequest Request) : LifeEvent;

    /// <summary>A manager greets the node, at the begin of a session and when its role is changed.</summary>
    public sealed record Welcomed(Told Told) : LifeEvent;

    /// <summary>The keys on the disk are not the swarm's: the unlock key or the store's was rotated, or autolock was turned on or off.</summary>
    public sealed record KeysChanged : LifeEvent;

    /// <summary>The node's certificate is over, or good again.</summary>
    /// <param name="Fault">Empty when it is good.</param>
    public sealed record Certified(string Fault) : LifeEvent;

    /// <summary>The work under way is done.</summary>
    /// <param name="Says">
    /// Of <see cref="LifeCommand.AskToJoin"/>: the token was one of managers. Of <see cref="LifeCommand.Unlock"/>: it was becoming a
    /// cluster of one.
    /// </param>
    public sealed record Done(bool Says = false) : LifeEvent;

    /// <summary>The work under way has failed, or was called off.</summary>
    public sealed record Failed(Exception Why) : LifeEvent;

    /// <summary>The daemon ends.</summary>
    public sealed record Stopping : LifeEvent;
}
