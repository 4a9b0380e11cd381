using Google.Protobuf.WellKnownTypes;
using Skein.Model;
using Skein.Model.Validation;

namespace Skein.Manager.Dispatch;

/// <summary>What a session's beginning, its news and its end make of the stored node.</summary>
internal static class NodeRegistration
{
    public const string HeartbeatFailure = "heartbeat failure";

    private const int MostOfAFailure = 1024;

    public const string HasLeft = "the node has left the swarm";

    public static Node Registered(Node node, Hello hello, NodeSession session, DateTimeOffset now)
    {
        var next = Touched(node, now);
        next.Description = Sound(hello.Description?.Clone()) ?? node.Description;
        next.Status = new() { State = NodeState.Ready, Addr = hello.AdvertiseAddr };
        next.Vtep = hello.Vtep.Length > 0 ? hello.Vtep : hello.AdvertiseAddr;
        next.Session = session;
        return next;
    }

    /// <summary>null when it is described so already.</summary>
    public static Node? Described(Node node, NodeDescription description, DateTimeOffset now)
    {
        var sound = Sound(description.Clone());
        if (sound!.Equals(node.Description)) return null;
        var next = Touched(node, now);
        next.Description = sound;
        return next;
    }

    /// <summary>Why it does not have its role, as `docker node inspect` shows it. null when that is known.</summary>
    public static Node? RoleSaid(Node node, string failure, DateTimeOffset now)
    {
        var message = TaskStatusBounds.Shown(failure.Length <= MostOfAFailure ? failure : failure[..MostOfAFailure]);
        if (node.Status is not { State: NodeState.Ready } status || status.Message == message) return null;
        var next = Touched(node, now);
        next.Status.Message = message;
        return next;
    }

    /// <summary>null when another session has taken over, or when it is known to be down.</summary>
    public static Node? Down(Node node, string sessionId, DateTimeOffset now)
    {
        if ((node.Session?.SessionId ?? "") != sessionId || node.Status?.State == NodeState.Down) return null;
        return Down(node, now);
    }

    public static Node Down(Node node, DateTimeOffset now) => Unreached(node, HeartbeatFailure, now);

    /// <summary>Its session is over with it, so that nothing brings it back. null when another session has taken over.</summary>
    public static Node? Left(Node node, string sessionId, DateTimeOffset now)
    {
        if (node.Session?.SessionId != sessionId) return null;
        var next = Unreached(node, HasLeft, now);
        next.Session = null;
        return next;
    }

    /// <summary>It was given up (its manager seemed dead), yet its session beats. null when it is not so.</summary>
    public static Node? Back(Node node, string sessionId, DateTimeOffset now)
    {
        if (node.Session?.SessionId != sessionId || node.Status?.State == NodeState.Ready) return null;
        var next = Touched(node, now);
        next.Status = new() { State = NodeState.Ready, Addr = node.Status?.Addr ?? "" };
        return next;
    }

    /// <summary>Networks around it that are none keep nobody's clear of anything.</summary>
    private static NodeDescription? Sound(NodeDescription? told)
    {
        if (told is not null && LocalSubnetBounds.FlawOf(told.LocalSubnets) is not null) told.LocalSubnets.Clear();
        return told;
    }

    private static Node Unreached(Node node, string why, DateTimeOffset now)
    {
        var next = Touched(node, now);
        next.Status = new() { State = NodeState.Down, Message = why, Addr = node.Status?.Addr ?? "" };
        return next;
    }

    private static Node Touched(Node node, DateTimeOffset now)
    {
        var next = node.Clone();
        next.Meta ??= new();
        next.Meta.UpdatedAt = now.ToTimestamp();
        return next;
    }
}
