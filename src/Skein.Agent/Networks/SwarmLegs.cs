using System.Collections.Immutable;
using System.Net;
using Skein.Agent.Session;
using Skein.Linux.Netlink;
using Skein.Model;
using Skein.Model.Validation;

namespace Skein.Agent.Networks;

/// <summary>Users' containers on the networks of the swarm: what is asked of the swarm for them, and of the host's fabric.</summary>
/// <remarks>Here and not with the bridges, which know nothing of the swarm.</remarks>
public sealed class SwarmLegs
{
    private readonly OverlayAttachments _attachments;
    private readonly AssignmentState _assignments;
    private readonly IOverlayLegs _overlays;

    public SwarmLegs(OverlayAttachments attachments, AssignmentState assignments, OverlayNetworking overlays) =>
        (_attachments, _assignments, _overlays) = (attachments, assignments, overlays);

    /// <summary>What of a wish has no meaning on a network of the swarm.</summary>
    internal static void Check(StandaloneEndpoint endpoint)
    {
        EndpointCheck.RequireKnown(endpoint, "overlay");
        if (endpoint.Aliases.Count > AttachmentBounds.MostNames) throw SkeinException.Invalid($"more than {AttachmentBounds.MostNames} aliases on one network of the swarm");
        if (endpoint.MacAddress.Length > 0 && !(MacAddress.TryParse(endpoint.MacAddress, out var mac) && AttachmentBounds.IsUnicast(mac.ToString())))
            throw SkeinException.Invalid($"invalid MAC address: {endpoint.MacAddress}");
    }

    /// <summary>Completes when the fabric has been looked at the next time.</summary>
    internal Task NextLook => _overlays.NextLook;

    internal OverlayNetwork? Find(string idOrName) => _overlays.Find(idOrName);

    /// <summary>Waits for the swarm, and for the tunnels.</summary>
    /// <exception cref="SkeinException">In Docker's words.</exception>
    internal async Task<OverlayLeg> AskAsync(string containerId, StandaloneEndpoint endpoint, ImmutableArray<string> names, CancellationToken waiting, CancellationToken cancel)
    {
        Check(endpoint);
        var wish = new AttachmentWish
        {
            Network = endpoint.Network,
            Names = { names },
            Ipv4Address = Canonical(endpoint.Ipv4Address),
            Ipv6Address = Canonical(endpoint.Ipv6Address),
            Mac = endpoint.MacAddress.Length > 0 ? MacAddress.Parse(endpoint.MacAddress).ToString() : "",
        };
        var given = await _attachments.AttachAsync(containerId, endpoint.Number, wish, waiting, cancel);
        try
        {
            var network = _overlays.Find(given.NetworkId) ?? throw SkeinException.Unavailable($"network {given.NetworkId} is not ready on this node");
            return new OverlayLeg(
                new() { Id = network.Id, Name = network.Name }, network.Internal, wish.Id, endpoint.Number,
                [.. given.Addresses.Select(InterfaceAddress.Parse)], MacAddress.Parse(given.Mac), names, endpoint.GwPriority);
        }
        catch
        {
            _attachments.GiveBack(wish.Id);
            throw;
        }
    }

    /// <summary>From here on the fabric counts these as local; those that the container had and has no more go.</summary>
    internal void Hold(string containerId, IEnumerable<AttachedLeg> legs) => _overlays.Hold(containerId, [.. legs.OfType<OverlayLeg>().Select(leg => leg.PortOf(containerId))]);

    /// <summary>The tunnel entries of their networks are in the kernel when this returns.</summary>
    internal Task EnsureAsync(IEnumerable<AttachedLeg> legs, CancellationToken cancel) => NetworksOf(legs) is { Count: > 0 } networks ? _overlays.EnsureAsync(networks, cancel) : Task.CompletedTask;

    internal bool Stand(IEnumerable<AttachedLeg> legs) => NetworksOf(legs) is not { Count: > 0 } networks || _overlays.Stand(networks);

    /// <summary>With a leg on docker_gwbridge where it is wanted, and without where it is not: Docker's rule, that the way out is a bridge's if there is one.</summary>
    /// <param name="taken">Numbers of other legs that it has or may be given back.</param>
    internal ImmutableArray<AttachedLeg> WithWayOut(string containerId, ImmutableArray<AttachedLeg> legs, IEnumerable<uint> taken)
    {
        var has = legs.OfType<GatewayLeg>().FirstOrDefault();
        var wants = legs.OfType<OverlayLeg>().Any(leg => !leg.Internal) && legs.All(leg => leg is GatewayLeg || leg.GatewayOf(ipv6: false) is null);
        if (wants == (has is not null)) return legs;
        if (has is not null)
        {
            _overlays.ReleaseGateway(containerId);
            return legs.Remove(has);
        }
        var numbers = taken.Concat(legs.Select(leg => leg.Number)).ToHashSet();
        var (own, gateway) = _overlays.HoldGateway(containerId);
        return legs.Add(new GatewayLeg(LegNumber.Free(numbers.Contains), own, gateway));
    }

    internal LegSpec SpecOf(string containerId, OverlayLeg leg) => _overlays.LegOf(leg.PortOf(containerId), leg.Device, leg.Addresses);

    internal LegSpec SpecOf(string containerId, GatewayLeg leg, bool isWayOut, bool published)
    {
        var spec = _overlays.GatewayLegOf(containerId, leg.Device, leg.Own, published);
        return isWayOut ? spec : spec with { Gateways = [] };
    }

    internal LegProgrammer Programmer() => _overlays.Programmer();

    /// <summary>What a container has from an earlier daemon: wished as it stands.</summary>
    internal void Adopt(string containerId, ImmutableArray<AttachedLeg> legs)
    {
        Hold(containerId, legs);
        if (legs.OfType<GatewayLeg>().FirstOrDefault() is { } gateway) _overlays.KeepGateway(containerId, gateway.Own);
        foreach (var leg in legs.OfType<OverlayLeg>()) _attachments.Keep(WishOf(leg));
    }

    /// <summary>Others find it by these names from here on.</summary>
    internal void Rename(IEnumerable<AttachedLeg> legs)
    {
        foreach (var leg in legs.OfType<OverlayLeg>()) _attachments.Rename(leg.Attachment, leg.Names);
    }

    /// <summary>The ends of its legs go.</summary>
    /// <param name="returns">It will start again by itself: its addresses are kept for it.</param>
    internal void Release(string containerId, bool returns)
    {
        _overlays.Hold(containerId, []);
        _overlays.ReleaseGateway(containerId);
        if (returns) _attachments.Rest(containerId);
        else _attachments.GiveBack(containerId);
    }

    /// <summary>It is on these networks and no other: what the swarm kept for others goes back.</summary>
    internal void KeepOnly(string containerId, IEnumerable<StandaloneEndpoint> endpoints) => _attachments.KeepOnly(containerId, endpoints.Select(endpoint => endpoint.Number));

    internal void GiveBack(string containerIdOrWish) => _attachments.GiveBack(containerIdOrWish);

    internal void Recovered() => _attachments.Recovered();

    /// <summary>Completes when this node is told something newer than this generation of the assignments, with that one's.</summary>
    internal async Task<long> NewsAsync(long generation, CancellationToken cancel) => (await _assignments.WaitNewerAsync(generation, cancel)).Generation;

    internal void LeaveSwarm()
    {
        _overlays.Leave();
        _attachments.Clear();
    }

    private static AttachmentWish WishOf(OverlayLeg leg) => new()
    {
        Id = leg.Attachment,
        Network = leg.NetworkId,
        Names = { leg.Names },
        Ipv4Address = leg.Address(ipv6: false)?.ToString() ?? "",
        Ipv6Address = leg.Address(ipv6: true)?.ToString() ?? "",
        Mac = leg.Mac.ToString(),
    };

    private static List<string> NetworksOf(IEnumerable<AttachedLeg> legs) => [.. legs.OfType<OverlayLeg>().Select(leg => leg.NetworkId)];

    private static string Canonical(string address) => IPAddress.TryParse(address, out var parsed) ? parsed.ToString() : address;
}
