using System.Diagnostics.Metrics;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Skein.Agent.Dns;
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
    private static readonly TimeSpan LongestHostRest = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan VerifyEvery = TimeSpan.FromSeconds(30);

    private const string HostNamespace = "the host's namespace", HostFirewall = "the host's firewall";

    private static readonly Meter Meter = new("Skein.Agent.Mesh");
    private static readonly Counter<long> Drift = Meter.CreateCounter<long>(
        "skein.mesh.drift", "{change}", "Tables, rules, routes and kernel parameters of the mesh that somebody else had changed, put right.");

    private readonly AssignmentState _assignments;
    private readonly TimeProvider _time;
    private readonly ILogger<NamespaceServices> _log;
    private readonly ResolverServices _resolving;
    private readonly HostServices _host;

    // One piece of work at a time: the loop's pass, an opening, a closing. All below belongs to who holds it.
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly Dictionary<string, ContainerServices> _containers = new(StringComparer.Ordinal);
    private IngressServices? _ingress;
    private bool _allOpened;
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
        _host = new HostServices(host, execRoot, _log);
    }

    /// <summary>What was put right since the start though nobody had wished a change.</summary>
    public long Healed { get; private set; }

    /// <summary>Ports by which other nodes reach this one as a manager; none while it is none.</summary>
    public Func<IReadOnlyList<int>> ManagerPorts { get; init; } = static () => [];

    /// <summary>Whether what leaves by docker_gwbridge has the host's address.</summary>
    public Func<bool> GatewayMasquerades { get; init; } = static () => true;

    /// <summary>What of the mesh does not work on this host, by whom, and what cures it.</summary>
    public IReadOnlyList<string> Warnings => _host.Warnings;

    public async Task<IReadOnlyList<PortConfig>> OpenAsync(
        ContainerNetworkSpec spec, string namespacePath, IReadOnlyList<ContainerLeg> legs, CancellationToken cancel)
    {
        await _gate.WaitAsync(cancel);
        try
        {
            var container = await EnterAsync(spec, namespacePath, legs);
            try
            {
                container.HostPorts = _host.Ports.HoldFor(container);
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
        _host.GatewaySubnet = SubnetOf(_ingress.Subnet);
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
            await Task.Delay(RestAfter(spent, Settle, LongestRest), _time, cancel);
        }
    }

    /// <summary>A firewall's reload takes our table with it, and the published ports: that does not wait for the clock.</summary>
    private async Task WatchHostAsync(CancellationToken cancel)
    {
        var rest = HostSettle;
        while (!cancel.IsCancellationRequested)
        {
            await _host.ChangedAsync(cancel);
            // At once, for the sake of the connections that are up. Our own transactions are told as well: those cost one question.
            await LookAsync(VerifyHost);
            // Reloads come in several transactions: what the later ones took is put back after them. And some programs change their
            // tables all the time, which must not keep this host busy with reading them.
            await Task.Delay(rest, _time, cancel);
            await LookAsync(() =>
            {
                var began = _time.GetTimestamp();
                VerifyHost();
                FollowFirewall();
                rest = RestAfter(_time.GetElapsedTime(began), HostSettle, LongestHostRest);
            });
        }

        Task LookAsync(Action look) => GatedAsync(cancel, () =>
        {
            if (_allOpened) look();
            return Task.CompletedTask;
        });
    }

    /// <summary>The host's own bridges, and who is called how on them.</summary>
    /// <param name="devices">Of those that stand.</param>
    internal Task FollowBridgesAsync(IReadOnlyList<string> devices, IReadOnlyDictionary<string, NetworkNames> names, CancellationToken cancel) => GatedAsync(cancel, () =>
    {
        _resolving.Names.OfHost = names;
        if (_host.OtherBridges.SequenceEqual(devices)) return Task.CompletedTask;
        _host.OtherBridges = devices;
        Try("the host", ProgramHost);
        FollowFirewall();
        return Task.CompletedTask;
    });

    /// <summary>Completes when every balancer of this host follows this generation of the assignments, or a later one.</summary>
    public Task WhenAppliedAsync(long generation, CancellationToken cancel) => _progress.WhenAppliedAsync(generation, cancel);

    /// <summary>What the clock has done every 30 s: a look at all that has been programmed.</summary>
    internal Task VerifyAsync(CancellationToken cancel) => GatedAsync(cancel, () =>
    {
        VerifyAll();
        ProgramAll(View());
        return Task.CompletedTask;
    });

    /// <summary>Looks at the firewalls of others, if they have changed.</summary>
    internal Task VerifyFirewallAsync(CancellationToken cancel) => GatedAsync(cancel, () =>
    {
        FollowFirewall();
        return Task.CompletedTask;
    });

    /// <summary>Takes everything of ours out of the host's namespace, and stops serving all others: this host leaves the swarm.</summary>
    public Task RemoveAllAsync(CancellationToken cancel) => GatedAsync(cancel, async () =>
    {
        _allOpened = false;
        foreach (var container in _containers.Values.Where(container => !container.Spec.OfUser).ToList()) await LeaveAsync(container.Spec.ContainerId);
        _ingress?.Dispose();
        _ingress = null;
        Try(HostFirewall, _host.RemoveFromFirewall);
        _host.Remove();
        if (_host.OtherBridges.Count > 0) FollowFirewall();
    });

    /// <summary>Stops serving; the kernel keeps what it was told.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var container in _containers.Values) await container.DisposeAsync();
        _containers.Clear();
        _ingress?.Dispose();
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
        if (legs.FirstOrDefault(l => l.NetworkName == KnownNetworks.GatewayBridge) is { } gateway) _host.GatewaySubnet ??= SubnetOf(gateway.Addresses[0]);
        return container;
    }

    private async Task LeaveAsync(string containerId)
    {
        _host.Ports.Release(containerId);
        if (_containers.Remove(containerId, out var container)) await container.DisposeAsync();
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
        if (_allOpened || _host.OtherBridges.Count > 0) FollowFirewall();
    }

    private void VerifyHost() => Try(HostNamespace, () => Told(HostNamespace, _host.Verify()));

    private void FollowFirewall() => Try(HostFirewall, () => _host.FollowFirewall(View(), ManagerPorts()));

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
        if (_allOpened) _host.Program(View(), _containers.Values, _ingress, GatewayMasquerades());
    }

    private static TimeSpan RestAfter(TimeSpan spent, TimeSpan least, TimeSpan most) =>
        TimeSpan.FromTicks(Math.Clamp((spent * RestPerWork).Ticks, least.Ticks, most.Ticks));

    private static string? SubnetOf(string cidr) => InterfaceAddress.TryParse(cidr, out var address) ? address.Network.ToString() : null;
}
