using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.Logging;
using Skein.Agent.Session;
using Skein.Linux.Namespaces;
using Skein.Linux.Netlink;
using Skein.Model;

namespace Skein.Agent.Networks;

/// <summary>
/// The host's share of every overlay network: the fabric, docker_gwbridge, the ingress namespace, and the namespaces of
/// the containers. <see cref="RunAsync"/> keeps fabric and ingress as the assignments say; containers come and go by
/// <see cref="ITaskNetworking"/>. When the process ends, the kernel keeps everything; a fresh daemon calls
/// <see cref="RecoverAsync"/> once it knows which containers run, and finds its own by pins and device names.
/// </summary>
/// <remarks>Lock order: a container's, then <see cref="_gate"/>. The gate covers fabric, bridge and ingress, not the making of legs.</remarks>
public sealed partial class OverlayNetworking : ITaskNetworking, IDisposable
{
    private static readonly TimeSpan CompareEvery = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(1);
    // Twenty containers starting make hundreds of events: one comparison at their end.
    private static readonly TimeSpan Settle = TimeSpan.FromMilliseconds(200);

    private readonly OverlayNetworkingOptions _options;
    private readonly AssignmentState _assignments;
    private readonly INamespaceServices _services;
    private readonly TimeProvider _time;
    private readonly ILoggerFactory _logs;
    private readonly ILogger<OverlayNetworking> _log;
    private readonly NetworkNamespace _hostSpace;
    private readonly NetlinkEvents _hostEvents;
    private readonly RtNetlink _host;
    private readonly IGatewayBridge _gateway;
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly ConcurrentDictionary<string, SemaphoreSlim> _locks = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, AttachedContainer> _containers = new(StringComparer.Ordinal);
    private volatile FabricReconciler? _fabric;
    private long _appliedGeneration = -1;
    private long _leftGeneration = -1;

    public OverlayNetworking(
        OverlayNetworkingOptions options, AssignmentState assignments, INamespaceServices services, IGatewayBridge gateway, TimeProvider time, ILoggerFactory logs)
        : this(options, assignments, services, gateway, time, logs, NetworkNamespace.OpenHost())
    {
    }

    /// <param name="gateway">Belongs to this object.</param>
    /// <param name="host">Where underlay and docker_gwbridge are; belongs to this object.</param>
    internal OverlayNetworking(
        OverlayNetworkingOptions options, AssignmentState assignments, INamespaceServices services, IGatewayBridge gateway, TimeProvider time, ILoggerFactory logs, NetworkNamespace host)
    {
        (_options, _assignments, _services, _time, _logs) = (options, assignments, services, time, logs);
        _log = logs.CreateLogger<OverlayNetworking>();
        _hostSpace = host;
        _host = RtNetlink.Open(_hostSpace);
        _hostEvents = NetlinkEvents.SubscribeDevices(_hostSpace);
        _gateway = gateway;
    }

    public ContainerNetwork? Ingress => Find(IngressId);

    /// <summary>Differences between kernel and wish that were put right though the wish had not changed.</summary>
    public long Healed => (_fabric?.Healed ?? 0) + Interlocked.Read(ref _healed);

    public ContainerNetwork? Find(string containerId) => _containers.GetValueOrDefault(containerId)?.Network;

    /// <summary>
    /// Follows the assignments, the kernel's events and the clock until cancelled; begins with the first publication. Refusals
    /// of the kernel are logged and tried again.
    /// </summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        await _assignments.WaitNewerAsync(0, cancel);
        var retry = FirstRetry;
        var verified = _time.GetTimestamp();
        while (true)
        {
            var generation = _assignments.Generation;
            var due = _time.GetElapsedTime(verified) >= CompareEvery;
            var good = await TryPassAsync(due, retry, cancel);
            Interlocked.Exchange(ref _looked, new(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
            if (good && due) verified = _time.GetTimestamp();
            await WaitAsync(generation, good ? CompareEvery : retry, cancel);
            retry = good ? FirstRetry : TimeSpan.FromTicks(Math.Min(retry.Ticks * 2, CompareEvery.Ticks));
        }
    }

    /// <summary>This host leaves the swarm: every namespace, device and file of ours goes, until assignments are published anew.</summary>
    public async Task LeaveAsync(CancellationToken cancel)
    {
        foreach (var id in _containers.Keys.Where(id => id != IngressId).ToList()) await DetachAsync(id, cancel);
        await _gate.WaitAsync(cancel);
        try
        {
            await RemoveIngressAsync(cancel);
            foreach (var name in Strangers([])) await RemoveStrangerAsync(name, cancel);
            OpenFabric().RemoveAll();
            RemoveGatewayPorts([]);
            _gateway.Remove();
            _fabric?.Dispose();
            _fabric = null;
            _appliedGeneration = -1;
            _leftGeneration = _assignments.Generation;
            NamespacePins.DeleteAll(_options.Pins);
            if (Directory.Exists(FilesFolder)) Directory.Delete(FilesFolder, recursive: true);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Lets go of sockets and descriptors; the kernel keeps everything.</summary>
    public void Dispose()
    {
        _fabric?.Dispose();
        foreach (var container in _containers.Values) container.Space?.Dispose();
        _gateway.Dispose();
        _hostEvents.Dispose();
        _host.Dispose();
        _hostSpace.Dispose();
        _gate.Dispose();
    }

    private IEnumerable<LocalPort> LocalPorts() => _containers.Values.SelectMany(container => container.Ports).Concat(_ofUsers.Values.SelectMany(ports => ports));

    private string FilesFolder => Path.GetDirectoryName(_options.FilesOf("x"))!;

    private async Task<bool> TryPassAsync(bool whole, TimeSpan retry, CancellationToken cancel)
    {
        try
        {
            if (!await PassAsync(null, cancel)) return false;
            await VerifyContainersAsync(whole, cancel);
            return true;
        }
        catch (Exception error) when (error is not OperationCanceledException || !cancel.IsCancellationRequested)
        {
            LogPassFailed(error, retry.TotalSeconds);
            return false;
        }
    }

    /// <param name="enough">Nothing is done when this says so, asked inside the gate.</param>
    private async Task<bool> PassAsync(Func<bool>? enough, CancellationToken cancel)
    {
        await _gate.WaitAsync(cancel);
        try
        {
            if (enough?.Invoke() == true) return true;
            var generation = _assignments.Generation;
            var current = _assignments.Current;
            var mtu = FabricReconciler.UnderlayMtu(_host, current.Local.Vtep);
            var left = Volatile.Read(ref _leftGeneration);
            var member = current.Local.NodeId.Length > 0 && generation > left;
            // A fresh daemon takes up what it finds before it is told anything; one that has left makes nothing anew for who is late.
            if (member || (enough is not null && left < 0)) Heal(KnownNetworks.GatewayBridge, _gateway.Ensure(mtu));
            if (!member) return true;
            var reached = OpenFabric().Reconcile(current, [.. LocalPorts()], mtu);
            if (reached) _appliedGeneration = generation;
            // Its leg is a port of the fabric: made behind the devices, put into the tables by this pass or the next.
            await FollowIngressAsync(current, cancel);
            return reached;
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task WaitAsync(long generation, TimeSpan atMost, CancellationToken cancel)
    {
        using var done = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var clock = Task.Delay(atMost, _time, done.Token);
        var assignments = _assignments.WaitNewerAsync(generation, done.Token);
        var fabric = _fabric?.Events.WaitAsync(done.Token) ?? Task.Delay(Timeout.InfiniteTimeSpan, _time, done.Token);
        var host = _hostEvents.WaitAsync(done.Token);
        var first = await Task.WhenAny(clock, assignments, fabric, host);
        if (first == fabric || first == host) await Task.WhenAny(Task.Delay(Settle, _time, done.Token), assignments);
        await done.CancelAsync();
        await Task.WhenAll(clock, assignments, fabric, host).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        cancel.ThrowIfCancellationRequested();
    }

    private FabricReconciler OpenFabric() =>
        _fabric ??= new FabricReconciler(_options.PinOf(DeviceNames.FabricSpace), _host, _logs.CreateLogger<FabricReconciler>());
}
