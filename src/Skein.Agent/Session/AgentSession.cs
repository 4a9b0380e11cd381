using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.Logging;
using Skein.Model;
using Skein.Model.Specs;

namespace Skein.Agent.Session;

/// <summary>
/// The node's line to the swarm: always on its way to some manager, never the reason that anything on the node stops. With no
/// manager in reach the node goes on with what it was last told, which also stands on disk.
/// </summary>
public sealed partial class AgentSession
{
    /// <summary>For a manager to store a registration. One that is slow is given twice the time at each next attempt.</summary>
    private static readonly TimeSpan ShortestWelcome = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan LongestWelcome = TimeSpan.FromSeconds(16);

    private readonly string _nodeId;
    private readonly AssignmentState _state;
    private readonly Func<string, CancellationToken, ValueTask<GrpcChannel>> _openChannel;
    private readonly ManagerDirectory _managers;
    private readonly Func<CancellationToken, ValueTask<Hello>> _describe;
    private readonly string _path;
    private readonly TimeProvider _time;
    private readonly Random _random;
    private readonly ILogger _logger;
    private readonly StatusOutbox _outbox = new();
    private readonly RoleNews _role = new();
    private readonly SessionRecorder _recorder;
    private readonly TaskCompletionSource _leaving = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _restored;

    /// <param name="nodeId">From this node's certificate.</param>
    /// <param name="openChannel">To a manager's ip:port, over a handler of <see cref="SessionHttpHandler"/>. The session disposes the channel.</param>
    /// <param name="describe">What the node says of itself; asked at each connection.</param>
    /// <param name="path">The file of the node's memory; its folder is made.</param>
    public AgentSession(
        string nodeId,
        AssignmentState state,
        Func<string, CancellationToken, ValueTask<GrpcChannel>> openChannel,
        ManagerDirectory managers,
        Func<CancellationToken, ValueTask<Hello>> describe,
        string path,
        TimeProvider time,
        Random random,
        ILoggerFactory logs)
    {
        _nodeId = nodeId;
        _state = state;
        _openChannel = openChannel;
        _managers = managers;
        _describe = describe;
        _path = path;
        _time = time;
        _random = random;
        _logger = logs.CreateLogger<AgentSession>();
        _recorder = new(path, Remembered, time, _logger);
        _outbox.Changed = _recorder.Mark;
    }

    public ITaskStatusOutbox Outbox => _outbox;

    /// <summary>Called with each Welcome: at the beginning of a session, and when the node's desired role changes.</summary>
    public Action<Welcome> Welcomed { get; set; } = _ => { };

    /// <summary>Called when a manager asks for tasks' logs, with where they go to and the session's end. Must not block.</summary>
    public Action<LogSubscription, Dispatcher.DispatcherClient, CancellationToken> LogsWanted { get; set; } = (_, _, _) => { };

    /// <summary>What users' containers wish of the swarm's networks; null = there are none.</summary>
    public OverlayAttachments? Attachments { get; init; }

    /// <summary>null = it stays as Hello has it.</summary>
    public NodeDescriptionChanges? Descriptions { get; init; }

    /// <summary>Completes when the node's balancers and resolvers follow this generation of the assignments.</summary>
    public Func<long, CancellationToken, Task> WhenProgrammed { get; set; } = (_, _) => Task.CompletedTask;

    /// <summary>Called with the ids of tasks that no balancer in the swarm leads to any more. Must not block.</summary>
    public Action<IEnumerable<string>> Drained { get; set; } = _ => { };

    /// <summary>Called with what is told of secrets and configs, before the tasks that need them. Must not block.</summary>
    public Action<Dependencies> DependenciesTold { get; set; } = _ => { };

    /// <summary>The manager whose session this node is in; empty while there is none.</summary>
    public string ConnectedTo { get; private set; } = "";

    /// <summary>Publishes what the file says, before any manager is reached. RunAsync does so too if nobody has.</summary>
    public void Restore()
    {
        if (_restored) return;
        _restored = true;
        if (SessionFile.Read(_path) is not { } memory || memory.NodeId != _nodeId) return;
        if (_managers.Current.Count == 0) _managers.Set(memory.Managers);
        foreach (var update in memory.Undelivered) _outbox.Report(update.TaskId, update.Status);
        var local = new LocalNode(memory.NodeId, memory.Vtep, memory.DataPathPort);
        var known = (NodeAssignments.Empty with { Local = local }).Apply(memory.Assignments ?? new() { Full = true });
        if (known is not null) _state.Publish(known);
        LogRestored(known?.Tasks.Count ?? 0, known?.Endpoints.Count ?? 0);
        // Of a version that kept them there. At once: a locked manager has no session that would write it.
        if (known?.Tasks.Values.Any(CredentialsApart.Has) == true && !_recorder.Write()) _recorder.Mark();
    }

    /// <summary>Why the node does not have the role it shall have, for the manager of its session to write down; empty when it has.</summary>
    public void SayRole(string failure) => _role.Say(failure);

    /// <summary>The node leaves the swarm: <see cref="RunAsync"/> says so to the manager it speaks with, and ends when it knows.</summary>
    public void Leave() => _leaving.TrySetResult();

    public async Task RunAsync(CancellationToken cancel)
    {
        Restore();
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var recording = _recorder.RunAsync(over.Token);
        try
        {
            await StayConnectedAsync(cancel);
        }
        finally
        {
            await over.CancelAsync();
            await recording.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _recorder.Write();
        }
    }

    private async Task StayConnectedAsync(CancellationToken cancel)
    {
        var backoff = new SessionBackoff(_random);
        var lastFailed = "";
        while (true)
        {
            foreach (var manager in _managers.InOrder(_nodeId, lastFailed, _random))
            {
                if (await TryOneAsync(manager.Addr, cancel)) backoff.Reset();
                if (_leaving.Task.IsCompleted) return;
                lastFailed = manager.Addr;
                // After a session that stood, begin again: the list of managers may be another by now.
                if (_stood) break;
            }
            await Task.Delay(backoff.Next(), _time, cancel);
        }
    }

    private bool _stood;

    // Why each manager gave no session, as it was logged, since the last session that stood.
    private readonly Dictionary<string, string> _said = [];
    private TimeSpan _welcomePatience = ShortestWelcome;

    /// <summary>One session with one manager, to its end. True when it got as far as assignments.</summary>
    private async Task<bool> TryOneAsync(string addr, CancellationToken cancel)
    {
        _stood = false;
        try
        {
            using var channel = await _openChannel(addr, cancel);
            var hello = await _describe(cancel);
            _outbox.Reset();
            var conversation = new ManagerConversation(_nodeId, hello, _state, _outbox, _role, _managers, _time, _welcomePatience, OnWelcome, OnAssigned, (wanted, manager, ended) => LogsWanted(wanted, manager, ended),
                tasks => Drained(tasks), dependencies => DependenciesTold(dependencies), WhenProgrammed, Descriptions ?? new(() => hello.Description, stop => Task.Delay(Timeout.InfiniteTimeSpan, _time, stop)), Attachments);
            await conversation.RunAsync(new Dispatcher.DispatcherClient(channel), _leaving.Task, cancel);
            SayEnded("the manager ended it");
        }
        catch (Exception e) when (!cancel.IsCancellationRequested)
        {
            if (_stood) SayEnded(ReasonOf(e));
            else SayNotConnected(addr, ReasonOf(e));
            if (e is TimeoutException && !_stood) _welcomePatience = _welcomePatience * 2 < LongestWelcome ? _welcomePatience * 2 : LongestWelcome;
        }
        finally
        {
            ConnectedTo = "";
        }
        return _stood;

        void OnWelcome(Welcome welcome)
        {
            if (ConnectedTo != addr) LogConnected(addr, welcome.SessionId);
            ConnectedTo = addr;
            Welcomed(welcome);
        }

        void SayEnded(string reason)
        {
            // A node that leaves has asked for it.
            if (!_leaving.Task.IsCompleted) LogEnded(addr, reason);
        }

        void OnAssigned()
        {
            _stood = true;
            _said.Clear();
            _welcomePatience = ShortestWelcome;
            _recorder.Mark();
        }
    }

    /// <summary>A host that is off, or whose own manager is still to come, is tried every second or so: the same is not said each time.</summary>
    private void SayNotConnected(string manager, string reason)
    {
        if (_said.TryGetValue(manager, out var before) && before == reason) return;
        _said[manager] = reason;
        LogNotConnected(manager, reason);
    }

    /// <summary>gRPC's own text holds the exceptions below it as well.</summary>
    private static string ReasonOf(Exception e) => e is not RpcException rpc ? e.Message
        : NotReached.Why(rpc) ?? (rpc.Status.Detail is { Length: > 0 } detail ? detail : rpc.Message);

    private SessionMemory Remembered()
    {
        var known = _state.Told;
        var memory = new SessionMemory
        {
            NodeId = _nodeId,
            Vtep = known.Local.Vtep,
            DataPathPort = known.Local.DataPathPort,
            Assignments = known.ToMessage(),
        };
        memory.Undelivered.Add(_outbox.Undelivered());
        memory.Managers.Add(_managers.Current);
        return memory;
    }
}
