using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using System.Net;
using Microsoft.Extensions.Logging;
using Skein.Agent.Session;
using Skein.Linux;
using Skein.Linux.Namespaces;
using Skein.Linux.Netlink;

namespace Skein.Agent.Networks;

/// <summary>
/// Makes the fabric follow the wish: look, compare, apply, until nothing differs. Whoever calls holds the gate of
/// <see cref="OverlayNetworking"/>; what has been made may be read by anyone.
/// </summary>
internal sealed partial class FabricReconciler : IDisposable
{
    // Devices, then their entries, then a look that finds nothing; one more for what others change meanwhile.
    private const int Looks = 5;

    private static readonly Meter Meter = new("Skein.Agent.Networks");
    private static readonly Counter<long> Drift = Meter.CreateCounter<long>(
        "skein.fabric.drift", "{change}", "Differences between kernel and wish that no change of the wish explains, put right.");

    private readonly FabricProgrammer _programmer;
    private readonly RtNetlink _host;
    private readonly ILogger _log;
    private FabricSpec? _reached;

    // Devices of networks that were no longer assigned when that was reached, and still had ports: they go when these do.
    private ImmutableHashSet<string> _lingering = [];

    private volatile ImmutableDictionary<uint, (int Bridge, uint Mtu)> _made = ImmutableDictionary<uint, (int Bridge, uint Mtu)>.Empty;

    public FabricReconciler(string pin, RtNetlink host, ILogger log)
    {
        (_host, _log) = (host, log);
        var space = NetworkNamespace.OpenOrCreate(pin);
        // The fabric has no addresses of its own: its bridges would announce link-local ones, and take others from any container that
        // says it is a router. Frames of IPv6 pass all the same.
        Sysctl.Set(space, ("net/ipv6/conf/all/disable_ipv6", "1"), ("net/ipv6/conf/default/disable_ipv6", "1"));
        _programmer = new FabricProgrammer(space, host, RtNetlink.Open(space));
        Events = NetlinkEvents.Subscribe(space);
    }

    public RtNetlink Fabric => _programmer.Fabric;

    public NetlinkEvents Events { get; }

    /// <summary>The networks whose devices stand: the bridge's index, and the MTU of what is joined to it.</summary>
    public ImmutableDictionary<uint, (int Bridge, uint Mtu)> Made => _made;

    /// <summary>What was put right since the start though nobody had wished a change.</summary>
    public long Healed { get; private set; }

    /// <returns>Whether the kernel has what is wished. What it refused is logged.</returns>
    public bool Reconcile(NodeAssignments assignments, IReadOnlyCollection<LocalPort> ports, uint underlayMtu)
    {
        var spec = FabricSpec.From(assignments, ports, underlayMtu);
        if (_programmer.Space.EnsurePinned()) LogPinned(_programmer.Space.Path);
        for (var look = 1; look <= Looks; look++)
        {
            var observed = _programmer.Observe();
            Publish(spec, observed);
            var plan = FabricPlan.Between(spec, observed);
            if (plan.Changes.Count == 0)
            {
                _reached = spec.WithPorts(port => observed.Find(port.Device) is not null);
                _lingering = [.. observed.Links.Keys.Where(name => DeviceNames.VniOf(name) is { } vni && !spec.Networks.ContainsKey(vni))];
                return true;
            }
            Note(plan, observed, countDrift: look == 1);
            var failures = _programmer.Apply(plan);
            foreach (var failure in failures) LogRefused(failure.Message);
        }
        return false;
    }

    /// <summary>Every device of ours.</summary>
    public void RemoveAll()
    {
        var batch = new NetlinkBatch();
        foreach (var link in Fabric.Links().Where(link => DeviceNames.VniOf(link.Name) is not null || DeviceNames.IsFabricPort(link.Name)))
            batch.DeleteLink(link.Name);
        if (!batch.IsEmpty) Fabric.Apply(batch);
        _made = _made.Clear();
        _reached = null;
    }

    /// <summary>MTU of the device that bears this address; 1500 when none does.</summary>
    public static uint UnderlayMtu(RtNetlink host, string vtep)
    {
        if (!IPAddress.TryParse(vtep, out var address)) return 1500;
        var owner = host.Addresses().FirstOrDefault(entry => entry.Address.Address.Equals(address));
        // An address on lo says nothing of the way out: lo's 65536 is more than a bridge takes.
        return owner is null ? 1500 : host.Links().FirstOrDefault(link => link.Index == owner.Link && link.Name != "lo")?.Mtu ?? 1500;
    }

    public void Dispose()
    {
        Events.Dispose();
        Fabric.Dispose();
        _programmer.Space.Dispose();
    }

    private void Publish(FabricSpec spec, FabricObservation observed)
    {
        var made = ImmutableDictionary.CreateBuilder<uint, (int, uint)>();
        foreach (var network in spec.Networks.Values)
        {
            if (observed.Find(DeviceNames.Bridge(network.Vni)) is { } bridge && observed.Find(DeviceNames.Vxlan(network.Vni)) is not null)
                made[network.Vni] = (bridge.Index, network.Mtu);
        }
        _made = made.ToImmutable();
    }

    private void Note(FabricPlan plan, FabricObservation observed, bool countDrift)
    {
        foreach (var change in plan.Changes.OfType<FabricChange.DeleteDevice>()) LogDeleted(change.Name, change.Reason);
        if (!countDrift || _reached is null) return;
        // What the wish of before, once reached, asks for again: the kernel has changed, not the wish.
        var drift = plan.Changes.Intersect(FabricPlan.Between(_reached, observed).Changes).Where(change => !Lingers(change)).ToList();
        if (drift.Count == 0) return;
        Healed += drift.Count;
        Drift.Add(drift.Count);
        LogDrift(drift.Count, drift[0]);
    }

    private bool Lingers(FabricChange change) => change is FabricChange.DeleteDevice device && _lingering.Contains(device.Name);

    [LoggerMessage(4401, LogLevel.Warning, "The overlay's kernel state had drifted: {Count} differences put right, the first {First}")]
    private partial void LogDrift(int count, FabricChange first);

    [LoggerMessage(4402, LogLevel.Information, "Removing {Device} from the fabric: {Reason}")]
    private partial void LogDeleted(string device, string reason);

    [LoggerMessage(4404, LogLevel.Warning, "Somebody had unmounted the fabric's namespace: pinned again at {Path}")]
    private partial void LogPinned(string path);

    [LoggerMessage(4403, LogLevel.Warning, "The kernel refused a change of the overlay: {Error}")]
    private partial void LogRefused(string error);
}
