using System.Net;
using System.Net.Sockets;
using Skein.Linux.Conntrack;
using Skein.Linux.Namespaces;
using Skein.Linux.Netlink;

namespace Skein.Agent.Mesh;

/// <summary>
/// Lets UDP flows follow the table of a namespace. A client that keeps its port keeps its flow for as long as it sends, and a flow
/// stays where its first packet went: with a task that has gone since, or with nobody, where the table did not lead its destination
/// anywhere yet. Such a flow is forgotten, and begins anew. A TCP connection stays with its task as long as both ends keep it.
/// </summary>
internal sealed class UdpFlows(NetworkNamespace space, bool ipv6 = false)
{
    private IReadOnlyDictionary<IPEndPoint, HashSet<IPEndPoint>>? _led;

    /// <summary>To be called when the new rules stand: a flow that began before would be led to the same task.</summary>
    /// <param name="led">
    /// Each destination that the table leads, and to whom. Port 0 is every port; the destination 0.0.0.0, or ::, is every address of this namespace.
    /// </param>
    public void Follow(IReadOnlyDictionary<IPEndPoint, HashSet<IPEndPoint>> led)
    {
        var before = _led;
        if (before is null || MayStray(before, led))
        {
            var gone = before is null ? [] : before.Values.SelectMany(t => t).Except(led.Values.SelectMany(t => t)).ToHashSet();
            var own = new Lazy<HashSet<IPAddress>>(OwnAddresses);
            ConntrackTable.ForgetUdp(space, ipv6, flow => IsAstray(flow, led, gone, own));
        }
        _led = led;
    }

    /// <summary>Whether a destination was led nowhere before, or a target was taken away: else every flow is where it should be.</summary>
    private static bool MayStray(IReadOnlyDictionary<IPEndPoint, HashSet<IPEndPoint>> before, IReadOnlyDictionary<IPEndPoint, HashSet<IPEndPoint>> now) =>
        now.Any(n => n.Value.Count > 0 && before.GetValueOrDefault(n.Key) is not { Count: > 0 })
        || before.Any(b => !b.Value.IsSubsetOf(now.GetValueOrDefault(b.Key) ?? []));

    private static bool IsAstray(
        UdpFlow flow, IReadOnlyDictionary<IPEndPoint, HashSet<IPEndPoint>> led, HashSet<IPEndPoint> gone, Lazy<HashSet<IPAddress>> own)
    {
        var targets = led.GetValueOrDefault(AnyPort(flow.To)) ?? led.GetValueOrDefault(flow.To);
        // A flow to this port of another machine is none of ours, unless it was turned: nobody else turns this port.
        if (targets is null && led.TryGetValue(new(flow.To.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any, flow.To.Port), out var ofHost) && (!flow.To.Equals(flow.Replier) || IsOwn(flow.To.Address, own)))
            targets = ofHost;
        return targets is null ? Has(gone, flow.Replier) : !Has(targets, flow.Replier);
    }

    private static bool Has(HashSet<IPEndPoint> targets, IPEndPoint replier) => targets.Contains(replier) || targets.Contains(AnyPort(replier));

    private static IPEndPoint AnyPort(IPEndPoint end) => new(end.Address, 0);

    private static bool IsOwn(IPAddress address, Lazy<HashSet<IPAddress>> own) => IPAddress.IsLoopback(address) || own.Value.Contains(address);

    private HashSet<IPAddress> OwnAddresses()
    {
        using var netlink = RtNetlink.Open(space);
        return [.. netlink.Addresses().Select(a => a.Address.Address)];
    }
}
