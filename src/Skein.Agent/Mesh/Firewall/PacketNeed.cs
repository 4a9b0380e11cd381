namespace Skein.Agent.Mesh.Firewall;

/// <summary>The first packet of a connection that must pass the host's firewall.</summary>
/// <param name="What">In the words of a warning.</param>
/// <param name="From">Interface it comes in by; null for one of the host's own.</param>
/// <param name="To">Interface it goes out by; null for one of the host's own, or none.</param>
internal sealed record PacketNeed(string Hook, string What, string? From, string? To, TransportPort? Port)
{
    public const string Output = "output", Forward = "forward";

    /// <summary>Translated on its way in: it goes to a port that was published.</summary>
    public bool Translated => To is not null;

    /// <param name="bridge">The device that they are behind.</param>
    public static IReadOnlyList<PacketNeed> OfContainers(string bridge) =>
    [
        new(Forward, "what comes in by published ports", null, bridge, null),
        new(Forward, "what containers send out", bridge, null, null),
    ];

    /// <summary>From the other nodes, and to them.</summary>
    public static IReadOnlyList<PacketNeed> OfOverlay(TransportPort port) =>
    [
        ToPort(port, "the overlay's packets"),
        new(Output, $"what goes out to port {port.Port}/{port.ProtocolName} (the overlay's packets)", null, null, port),
    ];

    public static PacketNeed ToPort(TransportPort port, string what) => new("input", $"port {port.Port}/{port.ProtocolName} ({what})", null, null, port);
}
