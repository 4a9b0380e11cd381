using System.Threading.Channels;
using Skein.Manager.Control;
using Skein.Manager.Logs;
using Skein.Model;

namespace Skein.NodeLife;

/// <summary>
/// This host's part in a swarm. <see cref="NodeMachine"/> decides, <see cref="NodeWork"/> carries out, and this is between them: what
/// happens is told to the machine under one lock, its commands leave in their order by one queue, and what others may see is replaced
/// by one write. What a node is stands in the swarm folder, is written before it takes effect, and is all that a restart needs.
/// </summary>
internal sealed partial class SwarmNode : ISwarmNode, IAsyncDisposable
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(10);

    /// <summary>For etcd to find its leader and the replica to load, after a start: 0.3 s alone, 1 to 3 s among others.</summary>
    private static readonly TimeSpan SettlePatience = TimeSpan.FromSeconds(10);

    private readonly INodeAgent _agent;
    private readonly NodeWork _work;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Channel<LifeCommand> _commands = Channel.CreateUnbounded<LifeCommand>(new() { SingleReader = true });
    private readonly Task _carrying;
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();

    /// <summary>Under the lock.</summary>
    private readonly Dictionary<long, TaskCompletionSource<string>> _asking = [];

    /// <summary>Under the lock.</summary>
    private Life _life = Life.Inactive;
    private long _lastId;
    private long _started;
    private volatile NodeStanding _standing = NodeStanding.Of(Life.Inactive, NodeHoldings.None);

    public SwarmNode(NodeOptions options, INodeAgent agent, TimeProvider time, IIdSource ids, ILoggerFactory logs)
    {
        (_agent, _time, _log) = (agent, time, logs.CreateLogger<SwarmNode>());
        _work = new(options, agent, Tell, time, ids, logs);
        _carrying = CarryOutAsync();
    }

    public LocalNodeState State => _standing.State;

    public string Error => _standing.Error;

    public string NodeId => _standing.NodeId;

    public string NodeAddress => _standing.NodeAddress;

    public ISwarmControl? Control => _standing.Control;

    public ISwarmLogs? Logs => _standing.Logs;

    public bool LacksLeader => _standing is { IsManager: true, State: LocalNodeState.Active or LocalNodeState.Pending } standing && standing.IsCutOff();

    public IReadOnlyList<ManagerPeer> Managers => State == LocalNodeState.Locked ? [] : _agent.Managers;

    public async Task SettleAsync(CancellationToken cancel)
    {
        while (LacksLeader && _time.GetElapsedTime(Volatile.Read(ref _started)) < SettlePatience) await Task.Delay(Poll, _time, cancel);
    }

    /// <summary>Takes up what the disk says. Never waits for another host: a manager's part comes when the others do.</summary>
    public void Start()
    {
        Volatile.Write(ref _started, _time.GetTimestamp());
        Tell(new LifeEvent.Started(_work.ReadDisk()));
    }

    public Task<string> InitAsync(SwarmInitRequest request, CancellationToken cancel) => AskAsync(id => new LifeRequest.Init(id, request), cancel);

    public Task JoinAsync(SwarmJoinRequest request, CancellationToken cancel) => AskAsync(id => new LifeRequest.Join(id, request), cancel);

    public Task LeaveAsync(bool force, CancellationToken cancel)
    {
        var managers = Control?.Snapshot.Nodes.All.Where(node => node.ManagerStatus is not null).ToList() ?? [];
        var unreachable = managers.Count(node => node.ManagerStatus.Reachability == Reachability.Unreachable);
        return AskAsync(id => new LifeRequest.Leave(id, force, managers.Count - unreachable, unreachable), cancel);
    }

    public Task UnlockAsync(string key, CancellationToken cancel)
    {
        Volatile.Write(ref _started, _time.GetTimestamp());
        return AskAsync(id => new LifeRequest.Unlock(id, key), cancel);
    }

    /// <summary>The daemon ends. Containers, networks and their entries stay as they are.</summary>
    public async ValueTask DisposeAsync()
    {
        Tell(new LifeEvent.Stopping());
        await _stopped.Task;
        _commands.Writer.TryComplete();
        await _carrying;
        _work.Dispose();
    }

    private Task<string> AskAsync(Func<long, LifeRequest> request, CancellationToken cancel)
    {
        var answer = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            _asking[++_lastId] = answer;
            Tell(new LifeEvent.Asked(request(_lastId)));
        }
        return answer.Task.WaitAsync(cancel);
    }

    private void Tell(LifeEvent happened)
    {
        lock (_lock)
        {
            var before = _life;
            (_life, var commands) = NodeMachine.Step(_life, happened);
            _standing = NodeStanding.Of(_life, _work.Holdings);
            SayWhatChanged(before, _life);
            foreach (var command in commands) _commands.Writer.TryWrite(command);
        }
    }

    private async Task CarryOutAsync()
    {
        await foreach (var command in _commands.Reader.ReadAllAsync())
        {
            switch (command)
            {
                case LifeCommand.Work work: _ = WorkAsync(work, _work.Begin()); break;
                case LifeCommand.CallOff: _work.CallOff(); break;
                case LifeCommand.SayRole said: _agent.SayRole(said.Failure); break;
                case LifeCommand.Answer answer: Answer(answer); break;
            }
        }
    }

    private async Task WorkAsync(LifeCommand.Work work, CancellationToken cancel)
    {
        LifeEvent ended;
        try
        {
            await Task.Yield();
            ended = new LifeEvent.Done(await _work.DoAsync(work, cancel));
        }
        catch (Exception e)
        {
            if (!cancel.IsCancellationRequested) LogFailed(work.GetType().Name, e.Message);
            ended = new LifeEvent.Failed(e);
        }
        Tell(ended);
        if (work is LifeCommand.StopParts) _stopped.TrySetResult();
    }

    private void Answer(LifeCommand.Answer answer)
    {
        TaskCompletionSource<string>? waits;
        lock (_lock) _asking.Remove(answer.Request.Id, out waits);
        if (answer.Failure is { } failure) waits?.TrySetException(failure);
        else waits?.TrySetResult(NodeId);
    }

    private void SayWhatChanged(Life before, Life after)
    {
        if (after.Fault != before.Fault && after.Fault.Length > 0) LogFault(after.Fault);
        if (after.RoleFault != before.RoleFault && after.RoleFault.Length > 0) LogRoleNotTaken(after.RoleFault);
        if (after.Course == Course.ChangingRole && before.Course != Course.ChangingRole) LogRole(after.Wanted!.Role);
        if (after.Serves && !before.Serves && before.Course == Course.Resuming) LogResumed(NodeId);
        if (after.Course == Course.Leaving && after.For is not null && before.Course != Course.Leaving) LogLeaving(NodeId);
        if (before.Course == Course.Joining && after is { Course: not (Course.Joining or Course.Undoing or Course.Stopping), Part: not Part.None }) LogJoined(after.Part, NodeId);
    }
}
