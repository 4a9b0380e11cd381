using System.Net;
using Grpc.Core;
using Skein.Manager.Attachments;
using Skein.Manager.Callers;
using Skein.Linux.Netlink;
using Skein.Manager.Certificates;
using Skein.Manager.Control;
using Skein.Manager.Dispatch;
using Skein.Manager.Keys;
using Skein.Manager.Leadership;
using Skein.Manager.Logs;
using Skein.Manager.Members;
using Skein.Manager.Orchestration;
using Skein.Manager.Store;
using Skein.Model;
using Skein.Model.Identity;

namespace Skein.Managing;

/// <summary>
/// What makes this node a manager: its etcd member, the store, the listener for other nodes, the beats, and the loops
/// while it leads. Started in that order, stopped in the reverse one.
/// </summary>
internal sealed partial class ManagerParts : IAsyncDisposable
{
    private static readonly TimeSpan StartDeadline = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan SnapshotLook = TimeSpan.FromMilliseconds(50);

    /// <summary>A handshake of some milliseconds takes seconds where a host gets a twentieth of a CPU.</summary>
    private static readonly TimeSpan ConnectToStarved = TimeSpan.FromSeconds(10);

    private readonly EtcdProcess _process;
    private readonly EtcdClient _etcd;
    private readonly long _quota;
    private readonly string _nodeId;
    private readonly TimeProvider _time;
    private readonly IIdSource _ids;
    private readonly ILoggerFactory _logs;
    private readonly ILogger _log;
    private readonly EtcdMembership _members;
    private readonly NodeIdentity _identity;
    private readonly int _peerPort;
    private readonly QuorumWatch _quorum;
    private readonly CancellationTokenSource _stop = new();
    private EtcdStore? _store;
    private SwarmControl? _control;
    private WebApplication? _listener;
    private Task _running = Task.CompletedTask;
    private bool _isRemoved;

    private ManagerParts(
        EtcdProcess process, EtcdClient etcd, ManagerSettings settings, EtcdOptions options, NodeIdentity identity, TimeProvider time, IIdSource ids, ILoggerFactory logs)
    {
        (_quota, _peerPort, _identity) = (options.QuotaBytes, options.PeerListen.Port, identity);
        (_process, _etcd, _nodeId, _time, _ids, _logs) = (process, etcd, settings.NodeId, time, ids, logs);
        Keys = new(settings.StoreKeys.Select(key => (ReadOnlyMemory<byte>)key));
        _quorum = new(time);
        _log = logs.CreateLogger<ManagerParts>();
        _members = new(etcd, process, settings.Bootstrap.ClusterToken, time, logs.CreateLogger<EtcdMembership>());
    }

    /// <summary>The store is open.</summary>
    public bool IsOpen => _store is not null;

    public IStore Store => _store ?? throw new InvalidOperationException("the store is not open yet");

    /// <summary>Of the store. The disk is to have what they are.</summary>
    public KeyRing Keys { get; }

    /// <summary>null until this manager serves.</summary>
    public ISwarmLogs? Logs { get; private set; }

    /// <summary>Too few managers are in reach for this one to know or change anything.</summary>
    public bool IsCutOff => _quorum.IsLost;

    public ISwarmControl Control => _control ?? throw new InvalidOperationException("the store is not open yet");

    /// <summary>Starts etcd; the rest follows by <see cref="OpenAsync"/> and <see cref="ServeAsync"/>.</summary>
    /// <exception cref="SkeinException">etcd cannot be started.</exception>
    public static ManagerParts StartEtcd(ManagerSettings settings, NodeIdentity identity, TimeProvider time, IIdSource ids, ILoggerFactory logs)
    {
        var listen = settings.Listen;
        var etcd = new EtcdOptions(
            settings.Etcd, settings.EtcdFolder, settings.NodeId, new(listen.Address, ManagerPorts.EtcdPeer(listen)), ManagerPorts.EtcdPeerUrl(settings.Advertised));
        var pace = settings.Bootstrap is { NewCluster: true, Members.Count: 1 } ? EtcdPace.Alone : EtcdPace.Several;
        var process = EtcdProcess.Start(etcd, settings.Bootstrap, pace, identity, time, logs.CreateLogger<EtcdProcess>());
        return new(process, new(etcd.SocketPath, identity), settings, etcd, identity, time, ids, logs);
    }

    /// <summary>Waits until the member takes part, and opens the store.</summary>
    public async Task OpenAsync(CancellationToken cancel)
    {
        await _process.WaitReadyAsync(_etcd, StartDeadline, cancel);
        await OpenStoreAsync(cancel);
    }

    /// <summary>Opens the store however long the other members stay away: after a power cut of all hosts they come one by one.</summary>
    public async Task OpenStoreAsync(CancellationToken cancel)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, _stop.Token);
        _store = await EtcdStore.OpenAsync(_etcd, Keys, _time, _logs.CreateLogger<EtcdStore>(), either.Token);
        _control = new(_store, _ids, _time, new JoinTokenSource(_ids), new RootChanges(new(_identity, _time), _time, _ids));
    }

    /// <summary>Others learn where this manager is reached by now: etcd's members, and everybody by the state.</summary>
    public async Task AnnounceAsync(IPEndPoint advertised, CancellationToken cancel)
    {
        await _members.MoveAsync(_nodeId, ManagerPorts.EtcdPeerUrl(advertised), cancel);
        await WriteAsync(seen => ManagerMoves.Announced(seen, _nodeId, advertised.ToString()), cancel);
    }

    /// <summary>
    /// Those that were managers beside this one are none any more: it is a new cluster of one. When this is done etcd may be killed and
    /// started as any other: until it has a snapshot, who joined it would follow a log that is not what it has.
    /// </summary>
    /// <exception cref="SkeinException">etcd keeps no snapshot.</exception>
    public async Task TakeOverAsync(ClusterSpec wish, CancellationToken cancel)
    {
        var started = _time.GetTimestamp();
        await WriteAsync(seen => ManagerMoves.TakenOver(seen, _nodeId, wish, _ids), cancel);
        while (!_process.HasSnapshot)
        {
            if (_time.GetElapsedTime(started) > StartDeadline) throw SkeinException.Unavailable($"etcd has kept no snapshot within {StartDeadline.TotalSeconds} s");
            await Task.Delay(SnapshotLook, _time, cancel);
            // Whether it is time for one etcd asks itself at each entry.
            await WriteAsync(seen => ManagerMoves.TakenOver(seen, _nodeId, wish, _ids), cancel);
        }
    }

    private async Task WriteAsync(Func<Snapshot, Changes> changes, CancellationToken cancel)
    {
        while (true)
        {
            var seen = Store.Current;
            var next = changes(seen);
            if (next.IsEmpty) return;
            try
            {
                await Store.CommitAsync(next, null, cancel);
                return;
            }
            catch (SequenceConflictException)
            {
                await Store.WaitNewerAsync(seen.Revision, cancel);
            }
        }
    }

    /// <summary>Opens the listener, and takes part in everything that managers do.</summary>
    public async Task ServeAsync(IPEndPoint listen, NodeIdentity identity, KeyWatch watch, CancellationToken cancel)
    {
        var store = _store ?? throw new InvalidOperationException("the store is not open yet");
        var dispatcher = new DispatcherService(store, _nodeId, Identify, new AttachmentWriter(store, _time, _logs), _ids, _time, _logs);
        var issuer = new IssuerWatch(store, identity);
        issuer.Learn();
        _listener = await ManagerListener.StartAsync(listen, identity, store, Keys, _members, dispatcher, _time, _ids, _logs, cancel);
        Logs = new SwarmLogs(store, _nodeId, dispatcher, addr => ManagerChannel.Open(addr, identity), _time);
        var liveness = new NodeLiveness(store, _nodeId, addr => ManagerChannel.Open(addr, identity, ConnectToStarved), _time, _logs);
        var loop = new SwarmLoop(store, _time, _ids, _logs.CreateLogger<SwarmLoop>());
        _quorum.Hear();
        var removal = new ManagerRemoval(store, _members, _nodeId, _time, _logs.CreateLogger<ManagerRemoval>());
        var rotation = new RootRotationLoop(store, new JoinTokenSource(_ids), _time, _logs.CreateLogger<RootRotationLoop>());
        var holder = new KeyHolder(store, Keys, _nodeId, addr => ManagerChannel.Open(addr, identity, ConnectToStarved), _time, _logs.CreateLogger<KeyHolder>());
        var keys = new KeyRotation(store, Keys, store.SealAnewAsync, _nodeId, _time, _ids, _logs.CreateLogger<KeyRotation>());
        var door = new PeerDoor(store, _process, _members, identity, () => TcpConnections.EndTo(_peerPort), _time, _logs.CreateLogger<PeerDoor>());
        var trust = new EtcdTrust(store, _process, _etcd, _members, identity, _time, _logs.CreateLogger<EtcdTrust>());
        var election = new LeaderElection(
            _etcd, _nodeId, (term, token) => LeadAsync([loop.RunAsync, liveness.RunAsync, removal.RunAsync, rotation.RunAsync, keys.RunAsync], term, token), _quorum, _time, _logs.CreateLogger<LeaderElection>());
        _running = Task.WhenAll(
            KeepRunningAsync("dispatcher", dispatcher.RunAsync),
            KeepRunningAsync("liveness", liveness.WatchAsync),
            KeepRunningAsync("upkeep", new EtcdUpkeep(_etcd, _quota, _time, _logs.CreateLogger<EtcdUpkeep>()).RunAsync),
            KeepRunningAsync("peers' door", door.RunAsync),
            KeepRunningAsync("etcd's trust", trust.RunAsync),
            KeepRunningAsync("store's keys", holder.RunAsync),
            KeepRunningAsync("issuer", issuer.RunAsync),
            KeepRunningAsync("keys on the disk", token => watch.RunAsync(store, Keys, token)),
            KeepRunningAsync("election", election.RunAsync));
    }

    /// <summary>
    /// Takes this manager out of etcd, by another manager if one answers: a member that removes itself may end before it answers.
    /// False when that cannot be had: nobody answers, or too few members do.
    /// </summary>
    public async Task<bool> TryLeaveAsync(Func<CancellationToken, Task<bool>> askAnother, CancellationToken cancel)
    {
        // No write of the others waits for an election.
        await _members.HandOverAsync();
        return _isRemoved = await askAnother(cancel) || await TryRemoveSelfAsync(cancel);
    }

    private async Task<bool> TryRemoveSelfAsync(CancellationToken cancel)
    {
        try
        {
            await _members.RemoveMemberAsync(new() { Id = _nodeId }, cancel);
            return true;
        }
        catch (Exception e) when (e is RpcException or OperationCanceledException)
        {
            LogNotRemoved(e.Message);
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        if (_listener is not null)
        {
            await _listener.StopAsync();
            await _listener.DisposeAsync();
        }
        if (_store is not null && !_isRemoved) await _members.HandOverAsync();
        _control?.Dispose();
        await _members.DisposeAsync();
        if (_store is not null) await _store.DisposeAsync();
        await _process.DisposeAsync();
        _etcd.Dispose();
        Keys.Dispose();
        _stop.Dispose();
    }

    private static CallerIdentity Identify(ServerCallContext context)
    {
        var caller = NodeCaller.Of(context);
        return new(caller.NodeId, caller.Role);
    }

    /// <summary>Ends when one does: leading in part is worse than another manager's turn.</summary>
    private static async Task LeadAsync(IEnumerable<Func<LeaderTerm, CancellationToken, Task>> loops, LeaderTerm term, CancellationToken cancel)
    {
        using var all = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        Task[] parts = [.. loops.Select(loop => loop(term, all.Token))];
        var first = await Task.WhenAny(parts);
        await all.CancelAsync();
        await Task.WhenAll(parts).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await first;
    }

    private async Task KeepRunningAsync(string name, Func<CancellationToken, Task> run)
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await run(_stop.Token);
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                LogFailed(e, name);
            }
            await Task.Delay(TimeSpan.FromSeconds(1), _time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    [LoggerMessage(1120, LogLevel.Error, "The manager's {Part} failed and is started again")]
    private partial void LogFailed(Exception reason, string part);

    [LoggerMessage(1121, LogLevel.Warning, "This manager could not be taken out of the state's members: {Reason}")]
    private partial void LogNotRemoved(string reason);
}
