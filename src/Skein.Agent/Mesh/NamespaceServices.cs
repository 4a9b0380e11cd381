using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Skein.Agent.Dns;
using Skein.Agent.Mesh.Firewall;
using Skein.Agent.Networks;
using Skein.Agent.Session;
using Skein.Linux.Namespaces;
using Skein.Linux.Netlink;
using Skein.Model;

namespace Skein.Agent.Mesh;

/// <summary>
/// Names, balancing and published ports of every namespace on this host, kept as the assignments say.
/// </summary>
/// <remarks>
/// The host's table names the ports of all namespaces and is replaced whole: the last daemon's stays until <see cref="AllOpenedAsync"/>,
/// or a port whose container is not yet known would be closed for a moment, and its connections with it. When <see cref="RunAsync"/>
/// ends, the kernel keeps everything as it is.
/// </remarks>
public sealed partial class NamespaceServices : INamespaceServices, IAsyncDisposable
{
    // A burst of changes (twenty tasks starting) is worked on in steps of this length, the first one at once.
    private static readonly TimeSpan Settle = TimeSpan.FromMilliseconds(50);
    private const int RestPerWork = 4;
    private static readonly TimeSpan LongestRest = TimeSpan.FromMilliseconds(400);
    private static readonly TimeSpan HostSettle = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan VerifyEvery = TimeSpan.FromSeconds(30);
    private const string IngressOwner = "ingress";

    private static readonly IReadOnlyList<(string Name, string Value)> HostSysctls =
    [
        ("net/ipv4/ip_forward", "1"),
        // One that is off stays off when ip_forward, which is on already, is set again.
        ($"net/ipv4/conf/{HostRuleset.Bridge}/forwarding", "1"),
        // 127.0.0.1:PORT leaves the host by the bridge with a loopback source.
        ($"net/ipv4/conf/{HostRuleset.Bridge}/route_localnet", "1"),
        // Else whoever is on the bridge reached what the host serves on [::], past the rules, which are IPv4's.
        ($"net/ipv6/conf/{HostRuleset.Bridge}/disable_ipv6", "1"),
    ];

    private static readonly Meter Meter = new("Skein.Agent.Mesh");
    private static readonly Counter<long> Drift = Meter.CreateCounter<long>(
        "skein.mesh.drift", "{change}", "Tables, rules, routes and kernel parameters of the mesh that somebody else had changed, put right.");

    private readonly AssignmentState _assignments;
    private readonly TimeProvider _time;
    private readonly ILogger<NamespaceServices> _log;
    private readonly ResolverServices _resolving;
    private readonly NetworkNamespace _host;
    private readonly NetlinkEvents _hostEvents;
    private readonly NamespaceTable _hostTable;
    private readonly NamespaceTable _hostTableIPv6;
    private readonly HostForwarding _forwarding;
    private readonly HostFirewall _firewall;
    private readonly UdpFlows _hostFlows;
    private readonly PortReservations _ports;
    private readonly IReadOnlyList<HostPort> _adopted;

    // One piece of work at a time: the loop's pass, an opening, a closing. All below belongs to who holds it.
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly Dictionary<string, ContainerServices> _containers = new(StringComparer.Ordinal);
    private readonly HashSet<TransportPort> _refused = [];
    private IngressServices? _ingress;
    private string? _gatewaySubnet;
    private bool _allOpened;
    private bool _hostTuned;
    private (NodeAssignments? Of, MeshView View) _view = (null, new MeshView(NodeAssignments.Empty));
    private readonly BalancerProgress _progress = new();

    /// <param name="execRoot">For what is to be remembered until the host boots again.</param>
    /// <param name="resolvConfPath">The host's: /etc/resolv.conf.</param>
    public NamespaceServices(AssignmentState assignments, string execRoot, string resolvConfPath, TimeProvider time, ILoggerFactory logs)
        : this(assignments, execRoot, resolvConfPath, time, logs, null)
    {
    }

    /// <param name="host">The host's namespace, where it is not this process's own: tests put several hosts into one process.</param>
    internal NamespaceServices(
        AssignmentState assignments, string execRoot, string resolvConfPath, TimeProvider time, ILoggerFactory logs, NetworkNamespace? host)
    {
        _assignments = assignments;
        _time = time;
        _log = logs.CreateLogger<NamespaceServices>();
        _resolving = new ResolverServices(
            new NameIndexCache(assignments, _progress), new HostResolvers(resolvConfPath), host, time, logs);
        _host = host is null ? NetworkNamespace.OpenHost() : NetworkNamespace.Open(host.Path);
        _hostTable = new NamespaceTable(_host);
        _hostTableIPv6 = new NamespaceTable(_host, Ruleset.TableIPv6);
        _forwarding = new HostForwarding(_host, Path.Combine(execRoot, "forwarding"));
        _firewall = new HostFirewall(_host, _log);
        _hostFlows = new UdpFlows(_host);
        _hostEvents = NetlinkEvents.SubscribeNftables(_host);
        _ports = new PortReservations(_host);
        _adopted = PublishedMapReader.Read(_host);
    }

    /// <summary>What was put right since the start though nobody had wished a change.</summary>
    public long Healed { get; private set; }

    /// <summary>Ports by which other nodes reach this one as a manager; none while it is none.</summary>
    public Func<IReadOnlyList<int>> ManagerPorts { get; init; } = static () => [];

    /// <summary>What of the swarm's packets the host's own firewall drops, by port and chain, and what cures it.</summary>
    public IReadOnlyList<string> Warnings => _firewall.Warnings;

    public async Task<IReadOnlyList<PortConfig>> OpenAsync(
        ContainerNetworkSpec spec, string namespacePath, IReadOnlyList<ContainerLeg> legs, CancellationToken cancel)
    {
        await _gate.WaitAsync(cancel);
        try
        {
            var container = await EnterAsync(spec, namespacePath, legs);
            try
            {
                container.HostPorts = HoldHostPorts(container);
                container.Program(View());
                ProgramHost();
                return container.HostPorts;
            }
            catch
            {
                await LeaveAsync(spec.ContainerId);
                throw;
            }
        }
        finally
        {
            _gate.Release();
        }
    }

    public Task CloseAsync(string containerId, CancellationToken cancel) => GatedAsync(cancel, async () =>
    {
        await LeaveAsync(containerId);
        // A closing succeeds also where the bridge has gone before; the loop comes back to what is left.
        Try("the host", ProgramHost);
    });

    public Task OpenIngressAsync(string namespacePath, ContainerLeg overlay, ContainerLeg gateway, CancellationToken cancel) => GatedAsync(cancel, () =>
    {
        // The one before is served until there is another.
        var opened = new IngressServices(namespacePath, overlay, gateway);
        _ingress?.Dispose();
        _ingress = opened;
        _gatewaySubnet = SubnetOf(_ingress.Subnet);
        ProgramIngress();
        ProgramHost();
        return Task.CompletedTask;
    });

    public Task CloseIngressAsync(CancellationToken cancel) => GatedAsync(cancel, () =>
    {
        _ingress?.Dispose();
        _ingress = null;
        Try("the host", ProgramHost);
        return Task.CompletedTask;
    });

    public Task AllOpenedAsync(CancellationToken cancel) => GatedAsync(cancel, () =>
    {
        _allOpened = true;
        Try("the host", ProgramHost);
        return Task.CompletedTask;
    });

    /// <summary>Follows the assignments, the host's nftables and the clock until cancelled. The kernel's refusals are logged and tried again.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var watching = WatchHostAsync(stop.Token);
        try
        {
            await FollowAsync(cancel);
        }
        finally
        {
            await stop.CancelAsync();
            await watching.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }
    }

    private async Task FollowAsync(CancellationToken cancel)
    {
        var generation = 0L;   // what the kernel holds stays until there is something to go by
        var wait = VerifyEvery;
        var verified = _time.GetTimestamp();
        while (!cancel.IsCancellationRequested)
        {
            var newer = await NewerAsync(generation, wait, cancel);
            if (newer is null && generation == 0) continue;
            // Also where there is something newer all the time.
            var due = _time.GetElapsedTime(verified) >= VerifyEvery;
            generation = newer ?? generation;
            var done = true;
            var spent = TimeSpan.Zero;
            await GatedAsync(cancel, () =>
            {
                var began = _time.GetTimestamp();
                if (due) VerifyAll();
                var view = View();
                done = ProgramAll(view);
                if (done) _progress.Advance(generation, view.Assignments);
                spent = _time.GetElapsedTime(began);
                return Task.CompletedTask;
            });
            if (due) verified = _time.GetTimestamp();
            wait = done ? VerifyEvery : RetryAfter;
            // Each container's table costs a millisecond: while sixty tasks start, that must not take the processor from them.
            await Task.Delay(TimeSpan.FromTicks(Math.Clamp((spent * RestPerWork).Ticks, Settle.Ticks, LongestRest.Ticks)), _time, cancel);
        }
    }

    /// <summary>A firewall's reload takes our table with it, and the published ports: that does not wait for the clock.</summary>
    private async Task WatchHostAsync(CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
        {
            await _hostEvents.WaitAsync(cancel);
            // At once, for the sake of the connections that are up. Our own transactions are told as well: those cost one question.
            await LookAsync();
            // Reloads come in several transactions: what the later ones took is put back after them.
            await Task.Delay(HostSettle, _time, cancel);
            await LookAsync();
        }

        Task LookAsync() => GatedAsync(cancel, () =>
        {
            if (_allOpened) VerifyHost();
            return Task.CompletedTask;
        });
    }

    /// <summary>Completes when every balancer of this host follows this generation of the assignments, or a later one.</summary>
    public Task WhenAppliedAsync(long generation, CancellationToken cancel) => _progress.WhenAppliedAsync(generation, cancel);

    /// <summary>What the clock has done every 30 s: a look at all that has been programmed.</summary>
    internal Task VerifyAsync(CancellationToken cancel) => GatedAsync(cancel, () =>
    {
        VerifyAll();
        ProgramAll(View());
        return Task.CompletedTask;
    });

    /// <summary>Takes everything of ours out of the host's namespace, and stops serving all others: this host leaves the swarm.</summary>
    public Task RemoveAllAsync(CancellationToken cancel) => GatedAsync(cancel, async () =>
    {
        _allOpened = false;
        foreach (var id in _containers.Keys.ToList()) await LeaveAsync(id);
        _ingress?.Dispose();
        _ingress = null;
        _gatewaySubnet = null;
        foreach (var port in _ports.HeldBy(IngressOwner)) _ports.Release(port, IngressOwner);
        Try("the host's firewall", _firewall.Remove);
        // First: between the two this host would be a router for everybody.
        _forwarding.GiveBack();
        _hostTable.Remove();
        _hostTableIPv6.Remove();
    });

    /// <summary>Stops serving; the kernel keeps what it was told.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var container in _containers.Values) await container.DisposeAsync();
        _containers.Clear();
        _ingress?.Dispose();
        _ports.Dispose();
        _hostEvents.Dispose();
        _host.Dispose();
    }

    private async Task GatedAsync(CancellationToken cancel, Func<Task> work)
    {
        await _gate.WaitAsync(cancel);
        try
        {
            await work();
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task<long?> NewerAsync(long generation, TimeSpan wait, CancellationToken cancel)
    {
        using var limit = new CancellationTokenSource(wait, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, limit.Token);
        try
        {
            return (await _assignments.WaitNewerAsync(generation, either.Token)).Generation;
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return null;
        }
    }

    private MeshView View()
    {
        var now = _assignments.Current;
        if (!ReferenceEquals(_view.Of, now)) _view = (now, new MeshView(now));
        return _view.View;
    }

    private async Task<ContainerServices> EnterAsync(ContainerNetworkSpec spec, string namespacePath, IReadOnlyList<ContainerLeg> legs)
    {
        var ingressNetwork = View().IngressNetwork;
        if (_containers.TryGetValue(spec.ContainerId, out var known))
        {
            using var now = NetworkNamespace.Open(namespacePath);
            if (known.Inode == now.Inode)
            {
                known.Change(spec, legs, ingressNetwork);
                return known;
            }
            await LeaveAsync(spec.ContainerId);
        }
        var container = new ContainerServices(spec, namespacePath, legs, _resolving, ingressNetwork);
        _containers[spec.ContainerId] = container;
        if (legs.FirstOrDefault(l => l.NetworkName == HostRuleset.Bridge) is { } gateway) _gatewaySubnet ??= SubnetOf(gateway.Addresses[0]);
        return container;
    }

    private async Task LeaveAsync(string containerId)
    {
        foreach (var port in _ports.HeldBy(containerId)) _ports.Release(port, containerId);
        if (_containers.Remove(containerId, out var container)) await container.DisposeAsync();
    }

    private List<PortConfig> HoldHostPorts(ContainerServices container)
    {
        var wanted = container.Spec.Ports.Where(p => p.PublishMode == PublishMode.Host).ToList();
        var given = wanted.Where(p => p.PublishedPort != 0).Select(MeshView.PublishedOf).ToHashSet();
        var bound = new List<PortConfig>();
        foreach (var port in wanted.Select(p => p.Clone()))
        {
            if (port.PublishedPort == 0) port.PublishedPort = ChosenPort(container, port, given);
            else Hold(container, MeshView.PublishedOf(port));
            bound.Add(port);
        }
        return bound;
    }

    private void Hold(ContainerServices container, TransportPort port)
    {
        var spec = container.Spec;
        if (_ports.TryHold(port, spec.ContainerId)) return;
        throw SkeinException.Conflict(
            $"driver failed programming external connectivity on endpoint {spec.Name} ({spec.ContainerId}): Bind for 0.0.0.0:{port.Port} failed: port is already allocated");
    }

    // The port it has now; or had before the daemon came back; or a new one. Each is given to one target only.
    private ushort ChosenPort(ContainerServices container, PortConfig wanted, HashSet<TransportPort> given)
    {
        var owner = container.Spec.ContainerId;
        var now = container.HostPorts.Where(p => p.TargetPort == wanted.TargetPort).Select(MeshView.PublishedOf);
        var before = _adopted.Where(p => p.Port == wanted.TargetPort && p.Address.Equals(container.Gateway)).Select(p => p.Published);
        foreach (var port in now.Concat(before).Where(p => p.Protocol == wanted.Protocol && !given.Contains(p)))
        {
            if (_ports.TryHold(port, owner) && given.Add(port)) return port.Port;
        }
        var fresh = _ports.HoldAny(wanted.Protocol, owner);
        given.Add(fresh);
        return fresh.Port;
    }

    private bool ProgramAll(MeshView view)
    {
        var done = true;
        foreach (var container in _containers.Values) done &= Try(container.Spec.Name, () => container.Program(view));
        done &= Try("the ingress namespace", ProgramIngress);
        return done & Try("the host", ProgramHost);
    }

    private void VerifyAll()
    {
        foreach (var container in _containers.Values) Try(container.Spec.Name, () => Told(container.Spec.Name, container.Verify()));
        if (_ingress is { } ingress) Try("the ingress namespace", () => Told("the ingress namespace", ingress.Verify()));
        VerifyHost();
    }

    private void VerifyHost() => Try("the host's namespace", () =>
    {
        var sysctls = _hostTuned && _gatewaySubnet is not null ? Sysctl.Set(_host, HostSysctls) : [];
        NamespaceTable[] tables = [_hostTable, _hostTableIPv6];
        Told("the host's namespace", [.. sysctls, .. tables.Where(table => !table.Verify()).Select(table => table.Name)]);
        if (_allOpened) _firewall.Follow(PacketNeeds());
    });

    private IReadOnlyList<PacketNeed> PacketNeeds() =>
    [
        .. _gatewaySubnet is null ? [] : PacketNeed.OfContainers,
        .. View().Tunnels is { } tunnels ? PacketNeed.OfOverlay(new TransportPort(PortProtocol.Udp, (ushort)tunnels.Port)) : [],
        .. ManagerPorts().Select(port => PacketNeed.ToPort(new TransportPort(PortProtocol.Tcp, (ushort)port), "of a manager")),
    ];

    private void Told(string where, IReadOnlyList<string> putRight)
    {
        if (putRight.Count == 0) return;
        Healed += putRight.Count;
        Drift.Add(putRight.Count);
        LogPutRight(_log, where, string.Join(", ", putRight));
    }

    private bool Try(string where, Action work)
    {
        try
        {
            work();
            return true;
        }
        catch (Exception error) when (error is IOException or SocketException or UnauthorizedAccessException)
        {
            LogNotProgrammed(_log, where, error.Message);
            return false;
        }
    }

    private void ProgramIngress() => _ingress?.Program(View().PublishedPorts(ContainerServices.StableHash(_assignments.Current.Local.NodeId)));

    private void ProgramHost()
    {
        if (!_allOpened) return;
        var published = HoldIngressPorts();
        if (_gatewaySubnet is not null) _forwarding.Claim();
        var own = _containers.Values
            .Where(c => c.Gateway is not null)
            .SelectMany(c => c.HostPorts.Select(p => new HostPort(MeshView.PublishedOf(p), c.Gateway!, (ushort)p.TargetPort)));
        var view = View();
        var spec = new HostMeshSpec(view.Tunnels, _gatewaySubnet, [.. own.Concat(published).OrderBy(p => p.Published)], view.Subnets, _forwarding.ByUs);
        _hostTable.Apply(HostRuleset.Render(spec));
        if (spec.Tunnels is { IsIPv6: true } tunnels) _hostTableIPv6.Apply(TunnelRules.RenderIPv6(tunnels));
        TuneHost();
        _hostFlows.Follow(spec.Ports.Where(p => p.Published.Protocol == PortProtocol.Udp).ToDictionary(
            p => new IPEndPoint(IPAddress.Any, p.Published.Port), p => new HashSet<IPEndPoint> { new(p.Address, p.Port) }));
    }

    /// <summary>Behind the table: nothing is passed on before it says what may be.</summary>
    private void TuneHost()
    {
        if (_gatewaySubnet is null) return;
        Sysctl.Set(_host, HostSysctls);
        _hostTuned = true;
    }

    /// <summary>The mesh's ports that are free on this host; on one that is not, the program that has it goes on being reached.</summary>
    private List<HostPort> HoldIngressPorts()
    {
        var wanted = _ingress is null ? [] : View().PublishedPorts(0).Select(p => p.Published).ToHashSet();
        foreach (var port in _ports.HeldBy(IngressOwner).Where(p => !wanted.Contains(p))) _ports.Release(port, IngressOwner);
        _refused.IntersectWith(wanted);
        var held = new List<HostPort>();
        foreach (var port in wanted)
        {
            if (_ports.TryHold(port, IngressOwner)) held.Add(new HostPort(port, _ingress!.Gateway, port.Port));
            else if (_refused.Add(port)) LogPortTaken(_log, port.Port, port.ProtocolName);
        }
        return held;
    }

    private static string? SubnetOf(string cidr) => InterfaceAddress.TryParse(cidr, out var address) ? address.Network.ToString() : null;
}
