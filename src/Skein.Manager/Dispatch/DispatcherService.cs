using System.Collections.Concurrent;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using Skein.Manager.Callers;
using Skein.Manager.Store;
using Skein.Model;
using Skein.Model.Specs;
using Skein.Model.Validation;

namespace Skein.Manager.Dispatch;

/// <summary>
/// Serves nodes' sessions. Any manager serves any node, with no word to the leader: what a node reports goes to the store,
/// and what changes in the store goes to the nodes it concerns. <see cref="RunAsync"/> runs as long as this node is a manager.
/// </summary>
public sealed partial class DispatcherService : Dispatcher.DispatcherBase
{
    private static readonly TimeSpan HelloTimeout = TimeSpan.FromSeconds(5);

    /// <summary>A node just given its certificate by another manager may not have reached this replica yet.</summary>
    private static readonly TimeSpan NodeVisibleTimeout = TimeSpan.FromSeconds(2);

    /// <summary>Nodes turned away while the store was out of reach come back within their longest backoff.</summary>
    private static readonly TimeSpan LongestReturn = TimeSpan.FromSeconds(10);

    /// <summary>Sessions of one node whose Hello is awaited or written down. A node has one; a line that broke may leave others.</summary>
    private const int OpeningOfNode = 4;

    private readonly IStore _store;
    private readonly string _managerId;
    private readonly Func<ServerCallContext, CallerIdentity> _identify;
    private readonly IIdSource _ids;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly AssignmentIndexCache _indexes = new();
    private readonly SessionTable _sessions = new();
    private readonly ConcurrentDictionary<string, SessionStream> _streams = new(StringComparer.Ordinal);
    private readonly OpenLogs _logs;
    private readonly StorePace _pace;
    private readonly Places<string> _opening = new(OpeningOfNode, int.MaxValue);
    private readonly DroppedReports _dropped;
    private readonly TaskStatusWriter _statuses;
    private readonly NodeWriter _nodes;
    private readonly IAttachmentWriter _attachments;
    private readonly ManagerBeats _beats;
    private readonly SilenceWatch _silence;
    private readonly DrainWatch _drains;

    /// <param name="managerId">Node id of this manager.</param>
    /// <param name="identify">From the client certificate; throws RpcException when there is none of this swarm.</param>
    public DispatcherService(
        IStore store,
        string managerId,
        Func<ServerCallContext, CallerIdentity> identify,
        IAttachmentWriter attachments,
        IIdSource ids,
        TimeProvider time,
        ILoggerFactory logs)
    {
        _store = store;
        _managerId = managerId;
        _identify = identify;
        _ids = ids;
        _time = time;
        _logger = logs.CreateLogger<DispatcherService>();
        _dropped = new(time, _logger);
        _logs = new(_dropped, ids, time);
        _pace = new(time);
        _statuses = new(store, _dropped, time, _logger);
        _nodes = new(store);
        _attachments = attachments;
        _beats = new(store, managerId, time, _logger);
        _silence = new(_sessions, LongestReturn);
        _drains = new(store, managerId, _indexes, time, _logger);
    }

    /// <summary>Beats, stores statuses, and finds the nodes that fell silent.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        using var all = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        Task[] loops = [_beats.RunAsync(all.Token), _statuses.RunAsync(all.Token), _drains.RunAsync(all.Token), WatchSilenceAsync(all.Token)];
        try
        {
            await await Task.WhenAny(loops);
        }
        finally
        {
            await all.CancelAsync();
            foreach (var end in _sessions.Ends()) end();
            await Task.WhenAll(loops).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public override async Task Session(
        IAsyncStreamReader<NodeMessage> requestStream, IServerStreamWriter<ManagerMessage> responseStream, ServerCallContext context)
    {
        var caller = _identify(context);
        RefuseWithoutStore();
        var hello = await OpenAsync(caller.NodeId, requestStream, context.CancellationToken);
        var sessionId = _ids.NewId();
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken);
        _sessions.Open(caller.NodeId, sessionId, () => End(ended), Now, Patience)?.Invoke();
        try
        {
            if (!await RegisterAsync(caller.NodeId, sessionId, hello, ended.Token)) throw NotInSwarm(caller.NodeId);
            LogOpened(caller.NodeId, sessionId, context.Peer);
            await ConverseAsync(caller.NodeId, sessionId, requestStream, responseStream, ended);
        }
        catch (OperationCanceledException) when (!context.CancellationToken.IsCancellationRequested)
        {
            throw new RpcException(new(StatusCode.Unavailable, "this session was ended by the manager"));
        }
        finally
        {
            LogEnded(caller.NodeId, sessionId);
        }
    }

    public override async Task<LogsTaken> PublishLogs(IAsyncStreamReader<LogLines> requestStream, ServerCallContext context)
    {
        await _logs.TakeAsync(_identify(context).NodeId, requestStream, context.CancellationToken);
        return new();
    }

    /// <summary>Lines of a node that is in session with this manager.</summary>
    /// <exception cref="TimeoutException">It is not, or does not answer.</exception>
    public IAsyncEnumerable<LogLines> ReadLogsAsync(string nodeId, LogSubscription wanted, CancellationToken cancel) =>
        _logs.ReadAsync(nodeId, wanted, (subscription, token) => AskAsync(nodeId, subscription, token), cancel);

    /// <summary>Of the nodes in session with this manager those that it would not call down now.</summary>
    internal IReadOnlyList<string> HeardNodes() => _sessions.Heard(Now, Patience + _silence.Extra, _silence.Since);

    private async Task AskAsync(string nodeId, LogSubscription subscription, CancellationToken cancel)
    {
        if (!_streams.TryGetValue(nodeId, out var stream)) throw new TimeoutException($"node {nodeId} is not in session with this manager");
        await stream.SendAsync(new() { Logs = subscription }, cancel).WaitAsync(HelloTimeout, _time, cancel);
    }

    private async Task ConverseAsync(
        string nodeId,
        string sessionId,
        IAsyncStreamReader<NodeMessage> reader,
        IServerStreamWriter<ManagerMessage> writer,
        CancellationTokenSource ended)
    {
        using var stream = new SessionStream(writer);
        var attachments = new NodeAttachments(nodeId, sessionId, _attachments, _pace, _dropped, stream);
        var conversation = new NodeConversation(
            nodeId, sessionId, _store, _indexes, _statuses, _nodes, _dropped, _drains.Open(nodeId), _pace, attachments, _time,
            () => _sessions.Heard(nodeId, sessionId, Now, Patience),
            period => _sessions.Told(nodeId, sessionId, period * ClusterDefaults.MissedBeats),
            stream);
        Task[] sides =
        [
            conversation.ListenAsync(reader, ended.Token),
            conversation.TellAsync(ended.Token),
            conversation.TellDrainedAsync(ended.Token),
            attachments.AnswerAsync(ended.Token),
            conversation.Failed.WaitAsync(ended.Token),
        ];
        _streams[nodeId] = stream;
        var first = await Task.WhenAny(sides);
        _streams.TryRemove(new(nodeId, stream));
        await ended.CancelAsync();
        await Task.WhenAll(sides).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await first;
    }

    private Task<bool> RegisterAsync(string nodeId, string sessionId, Hello hello, CancellationToken cancel)
    {
        var session = new NodeSession { ManagerId = _managerId, SessionId = sessionId };
        return _nodes.ChangeAsync(nodeId, n => NodeRegistration.Registered(n, hello, session, _time.GetUtcNow()), cancel);
    }

    /// <summary>What the session begins with, once it has been paid for.</summary>
    private async Task<Hello> OpenAsync(string nodeId, IAsyncStreamReader<NodeMessage> requestStream, CancellationToken cancel)
    {
        using var place = _opening.TryTake(nodeId) ?? throw new RpcException(new(StatusCode.ResourceExhausted, "too many sessions of this node begin at once"));
        await WaitNodeVisibleAsync(nodeId, cancel);
        var hello = await ReadHelloAsync(requestStream, cancel);
        if (NodeDescriptionBounds.FlawOf(hello) is { } flaw) throw Unsound(nodeId, flaw);
        await _pace.SpendAsync(nodeId, Math.Max(StorePace.OfSession, hello.CalculateSize()), cancel);
        return hello;
    }

    private static async Task<Hello> ReadHelloAsync(IAsyncStreamReader<NodeMessage> reader, CancellationToken cancel)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        timeout.CancelAfter(HelloTimeout);
        try
        {
            if (await reader.MoveNext(timeout.Token) && reader.Current.MessageCase == NodeMessage.MessageOneofCase.Hello) return reader.Current.Hello;
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new RpcException(new(StatusCode.DeadlineExceeded, $"no Hello within {HelloTimeout.TotalSeconds} s"));
        }
        throw new RpcException(new(StatusCode.InvalidArgument, "a session begins with Hello"));
    }

    private async Task WaitNodeVisibleAsync(string nodeId, CancellationToken cancel)
    {
        var seen = await _store.WaitUntilAsync(s => s.Nodes.Find(nodeId) is not null, NodeVisibleTimeout, _time, cancel);
        if (seen.Nodes.Find(nodeId) is null) throw NotInSwarm(nodeId);
    }

    private RpcException Unsound(string nodeId, string flaw)
    {
        _dropped.Drop(nodeId, flaw);
        return new(new(StatusCode.InvalidArgument, $"the node describes itself by {flaw}"));
    }

    private static RpcException NotInSwarm(string nodeId) => new(new(StatusCode.PermissionDenied, $"node {nodeId} is not part of the swarm"));

    /// <summary>Cut off from the store this manager can tell nothing new and store nothing: nodes are better served elsewhere.</summary>
    private void RefuseWithoutStore()
    {
        if (_silence.IsLost) throw new RpcException(new(StatusCode.Unavailable, "this manager does not reach the swarm's state at the moment"));
    }

    private TimeSpan Patience => ClusterDefaults.HeartbeatPeriodOf(_store.Current.Cluster) * ClusterDefaults.MissedBeats;

    private TimeSpan Now => _beats.Now;

    private async Task WatchSilenceAsync(CancellationToken cancel)
    {
        AdoptOwnSessions();
        var marking = Task.CompletedTask;
        while (true)
        {
            var seen = _silence.Look(Now, Patience, _beats.Standing);
            if (seen.Lost)
            {
                LogStoreLost();
                foreach (var end in _sessions.Ends()) end();
            }
            // Not awaited: a store that is slow to take the mark must not make this loop late.
            if (marking.IsCompleted) marking = MarkSilentAsync(seen.Silent, cancel);
            await Task.Delay(ClusterDefaults.HeartbeatPeriodOf(_store.Current.Cluster) / 10, _time, cancel);
        }
    }

    /// <summary>Nodes this manager answered for before it restarted, which may have died with nobody watching.</summary>
    private void AdoptOwnSessions()
    {
        foreach (var node in _store.Current.Nodes.All.Where(n => n.Session?.ManagerId == _managerId && n.Status?.State == NodeState.Ready))
            _sessions.Adopt(node.Id, node.Session.SessionId, Now + LongestReturn);
    }

    private async Task MarkSilentAsync(IReadOnlyList<SilentSession> silent, CancellationToken cancel)
    {
        foreach (var (nodeId, sessionId, end) in silent)
        {
            if (!IsSilentStill()) continue;
            end?.Invoke();
            try
            {
                if (await _nodes.ChangeAsync(nodeId, n => IsSilentStill() ? NodeRegistration.Down(n, sessionId, _time.GetUtcNow()) : null, cancel))
                    LogSilent(nodeId, sessionId);
                if (IsSilentStill()) _sessions.Forget(nodeId, sessionId);
            }
            catch (Exception e) when (!cancel.IsCancellationRequested)
            {
                LogNotMarked(nodeId, e.Message);
            }

            bool IsSilentStill() => _sessions.IsSilent(nodeId, sessionId, Now, Patience + _silence.Extra, _silence.Since);
        }
    }

    private static void End(CancellationTokenSource ended)
    {
        try
        {
            ended.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It has ended by itself.
        }
    }
}
