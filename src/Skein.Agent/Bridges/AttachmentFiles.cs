using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using Google.Protobuf;
using Skein.Agent.Mesh;
using Skein.Linux.Netlink;
using Skein.Model;

namespace Skein.Agent.Bridges;

/// <summary>What was chosen for each container that runs, for the next daemon. It goes at a boot, as the namespaces do.</summary>
/// <param name="folder">Path of a folder of its own, on a tmpfs.</param>
internal sealed class AttachmentFiles(string folder)
{
    public void Write(AttachedToBridges container)
    {
        var stored = new LocalAttachment { Published = { container.Ports.Select(port => port.ToBinding()) } };
        stored.Legs.AddRange(container.Legs.Select(leg => new LocalLeg
        {
            NetworkId = leg.Bridge.NetworkId,
            Number = leg.Number,
            Addresses = { leg.Addresses.Select(address => address.ToString()) },
            Mac = leg.Mac.ToString(),
        }));
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
        .. stored.Legs.Where(leg => bridges.ContainsKey(leg.NetworkId)).Select(leg =>
        {
            var bridge = bridges[leg.NetworkId];
            var endpoint = definition.Standalone.Endpoints.FirstOrDefault(one => one.Number == leg.Number) ?? new StandaloneEndpoint();
            return new AttachedLeg(
                bridge, leg.Number, [.. leg.Addresses.Select(InterfaceAddress.Parse)], MacAddress.Parse(leg.Mac), LegChoice.NamesOf(bridge, endpoint, definition), endpoint.GwPriority);
        }),
    ];

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
