using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using Google.Protobuf;
using Skein.Agent.Mesh;
using Skein.Agent.Networks;
using Skein.Linux.Netlink;
using Skein.Model;

namespace Skein.Agent.Bridges;

/// <summary>What was chosen for each container that runs, for the next daemon. It goes at a boot, as the namespaces do.</summary>
/// <param name="folder">Path of a folder of its own, on a tmpfs.</param>
internal sealed class AttachmentFiles(string folder)
{
    public void Write(UsersContainer container)
    {
        var stored = new LocalAttachment { Published = { container.Ports.Select(port => port.ToBinding()) } };
        stored.Legs.AddRange(container.Legs.Select(Stored));
        WholeFile.Write(Path.Combine(folder, container.Id), stored.ToByteArray(), UnixFileMode.UserRead | UnixFileMode.UserWrite, durable: false);
    }

    public void Delete(string containerId) => File.Delete(Path.Combine(folder, containerId));

    public IReadOnlyList<string> Ids() => Directory.Exists(folder) ? [.. Directory.EnumerateFiles(folder).Select(path => Path.GetFileName(path))] : [];

    /// <summary>null when nothing readable is there.</summary>
    public LocalAttachment? Read(string containerId)
    {
        try
        {
            return LocalAttachment.Parser.ParseFrom(File.ReadAllBytes(Path.Combine(folder, containerId)));
        }
        catch (Exception error) when (error is InvalidProtocolBufferException or FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <param name="bridges">Networks by their ids; a leg on one that is not there any more is none.</param>
    public static ImmutableArray<AttachedLeg> LegsOf(LocalAttachment stored, ContainerDefinition definition, IReadOnlyDictionary<string, BridgeSpec> bridges) =>
    [
        .. stored.Legs.Select(leg => LegOf(leg, definition, bridges)).OfType<AttachedLeg>(),
    ];

    private static AttachedLeg? LegOf(LocalLeg leg, ContainerDefinition definition, IReadOnlyDictionary<string, BridgeSpec> bridges)
    {
        ImmutableArray<InterfaceAddress> addresses = [.. leg.Addresses.Select(InterfaceAddress.Parse)];
        if (leg.Gateway.Length > 0) return new GatewayLeg(leg.Number, addresses[0], IPAddress.Parse(leg.Gateway));
        var endpoint = definition.Standalone.Endpoints.FirstOrDefault(one => one.Number == leg.Number) ?? new StandaloneEndpoint();
        var (mac, priority) = (MacAddress.Parse(leg.Mac), endpoint.GwPriority);
        if (leg.Attachment.Length > 0)
        {
            return new OverlayLeg(
                new() { Id = leg.NetworkId, Name = leg.NetworkName }, leg.Internal, leg.Attachment, leg.Number, addresses, mac, LegChoice.OwnNamesOf(endpoint, definition), priority);
        }
        return bridges.GetValueOrDefault(leg.NetworkId) is { } bridge
            ? new BridgeLeg(bridge, leg.Number, addresses, mac, LegChoice.NamesOf(bridge, endpoint, definition), priority)
            : null;
    }

    private static LocalLeg Stored(AttachedLeg leg)
    {
        var stored = new LocalLeg { NetworkId = leg.NetworkId, Number = leg.Number, Addresses = { leg.Addresses.Select(address => address.ToString()) }, Mac = leg.Mac.ToString() };
        if (leg is GatewayLeg gateway) stored.Gateway = gateway.Gateway.ToString();
        if (leg is OverlayLeg overlay) (stored.Attachment, stored.NetworkName, stored.Internal) = (overlay.Attachment, overlay.NetworkName, overlay.Internal);
        return stored;
    }

    public static ImmutableArray<BoundPort> PortsOf(LocalAttachment stored) =>
    [
        .. stored.Published.Select(port =>
        {
            var protocol = PortWish.ProtocolOf(port.Protocol);
            var host = new HostEnd(new TransportPort(protocol, ushort.Parse(port.HostPort, CultureInfo.InvariantCulture)), IPAddress.Parse(port.HostIp));
            return new BoundPort(new TransportPort(protocol, (ushort)port.Port), host);
        }),
    ];
}
