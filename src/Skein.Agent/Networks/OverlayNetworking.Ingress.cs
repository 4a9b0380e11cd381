using Skein.Agent.Session;
using Skein.Linux.Namespaces;
using Skein.Linux.Netlink;
using Skein.Model;

namespace Skein.Agent.Networks;

// The ingress namespace is made as a container's is, with the node's own endpoint as its leg and .2 on docker_gwbridge.
public sealed partial class OverlayNetworking
{
    private const string IngressId = "ingress";

    /// <summary>Inside the gate.</summary>
    private async Task FollowIngressAsync(NodeAssignments current, CancellationToken cancel)
    {
        if (OwnIngress(current) is not { } endpoint)
        {
            await RemoveIngressAsync(cancel);
            return;
        }
        if (_fabric!.Made.ContainsKey(current.Networks[endpoint.NetworkId].Vni) is false) return;
        var spec = IngressSpec(endpoint);
        if (_containers.TryGetValue(IngressId, out var old) && !old.Spec.Legs[0].Equals(spec.Legs[0])) await RemoveIngressAsync(cancel);
        await MakeIngressAsync(spec, cancel);
    }

    private static OverlayEndpoint? OwnIngress(NodeAssignments current) => current.Endpoints.Values.FirstOrDefault(endpoint =>
        endpoint.TaskId.Length == 0
        && endpoint.NodeId == current.Local.NodeId
        && current.Networks.TryGetValue(endpoint.NetworkId, out var network)
        && network.Ingress);

    private static ContainerNetworkSpec IngressSpec(OverlayEndpoint endpoint)
    {
        var leg = new NetworkAttachment { NetworkId = endpoint.NetworkId, Mac = endpoint.Mac };
        leg.Addresses.AddRange(endpoint.Addresses);
        return new ContainerNetworkSpec(IngressId, "ingress-endpoint", "", "", "", [leg], [], null, [], new Dictionary<string, string>());
    }

    private async Task MakeIngressAsync(ContainerNetworkSpec spec, CancellationToken cancel)
    {
        var pin = _options.PinOf(DeviceNames.IngressSpace);
        var before = Ingress;
        var had = _containers.GetValueOrDefault(IngressId)?.Made ?? [];
        var space = _containers.GetValueOrDefault(IngressId)?.Space ?? NetworkNamespace.OpenOrCreate(pin);
        LegSpec[] wished = [OverlayLeg(IngressId, spec.Legs[0], 0), GatewayLeg(IngressId, "eth1", _gateway.Ingress, isolated: false)];
        _containers[IngressId] = new AttachedContainer(spec, PortsOf(spec), before, space) { Made = wished };
        var made = await space.RunAsync(() => MakeIngressLegs(spec, space, wished));
        var verdict = await new LegLook(space, wished, spec.Sysctls, ArrangesItself: false).PutRightAsync(Programmer(), had, ports: null);
        if (before is not null) Heal(DeviceNames.IngressSpace, [.. made ? ["its legs"] : Array.Empty<string>(), .. verdict.PutRight]);
        if (before is not null && !made && !verdict.Remade) return;
        var legs = Shown(spec, wished);
        await _services.OpenIngressAsync(pin, legs[0], legs[1], cancel);
        _containers[IngressId] = _containers[IngressId] with { Network = new ContainerNetwork(pin, "", "", legs, []) };
        LogIngress(legs[0].Addresses[0], legs[1].Addresses[0]);
    }

    /// <summary>On a thread inside.</summary>
    /// <returns>false when they are there already.</returns>
    private bool MakeIngressLegs(ContainerNetworkSpec spec, NetworkNamespace space, LegSpec[] legs)
    {
        using var inside = RtNetlink.OpenHere();
        var links = inside.Links();
        // A namespace of an earlier life of this node, with another address, is emptied.
        foreach (var leg in legs)
        {
            if (links.FirstOrDefault(link => link.Name == leg.Interface) is { } link && link.Mac != leg.Mac) inside.Apply(new NetlinkBatch().DeleteLink(link.Index));
        }
        if (inside.Links().Count(link => link.Name is "eth0" or "eth1") == 2) return false;
        NamespaceLegs.Tune(legs, spec.Sysctls);
        Programmer().Apply(space, inside, legs);
        NamespaceLegs.TuneLegs(legs, spec.Sysctls);
        return true;
    }

    private async Task RemoveIngressAsync(CancellationToken cancel)
    {
        var pin = _options.PinOf(DeviceNames.IngressSpace);
        if (!_containers.ContainsKey(IngressId) && !File.Exists(pin)) return;
        await _services.CloseIngressAsync(cancel);
        Programmer().Delete(IngressId, 1);
        NetworkNamespace.Delete(pin);
        if (_containers.TryRemove(IngressId, out var gone)) gone.Space?.Dispose();
    }
}
