using System.Threading.Channels;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using Skein.Agent.Containers;
using Skein.Agent.Images;
using Skein.Model;
using Skein.Model.Validation;
using Timestamp = Google.Protobuf.WellKnownTypes.Timestamp;

namespace Skein.Agent.Tasks;

/// <summary>
/// The shell around <see cref="TaskMachine"/> for one task: one reader of its events, so that its state has one
/// writer; what the machine wants done runs beside and answers with an event.
/// </summary>
internal sealed partial class TaskController
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(8);

    private readonly TaskDependencies _parts;
    private readonly ILogger _logger;
    private readonly Channel<TaskEvent> _events = Channel.CreateUnbounded<TaskEvent>(new UnboundedChannelOptions { SingleReader = true });

    // Written by the loop alone.
    private SwarmTask _task;
    private TaskLife _life;
    private IReadOnlyList<PortConfig> _hostPorts = [];
    private TaskPorts _ports = TaskPorts.None;
    private CancellationTokenSource? _work;
    private CancellationToken _daemon;
    private Timestamp? _reported;
    private (TaskState State, Timestamp Since)? _entered;

    // The word may come before this task's loop has seen why.
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="container">What an earlier daemon made for this task; null when there is none.</param>
    public TaskController(TaskDependencies parts, SwarmTask task, ContainerRecord? container, ILogger logger)
    {
        _parts = parts;
        _logger = logger;
        _task = task;
        _life = TaskAdoption.Adopt(task, container, container?.Check is not null);
        if (container is not null && _life.Alive) _hostPorts = parts.Networking.Find(container.Id)?.HostPorts ?? [];
    }

    public string TaskId => _task.Id;

    /// <summary>The assignment changed: only the desired state of a task ever does.</summary>
    public void Assign(SwarmTask task) => _events.Writer.TryWrite(new TaskEvent.Desired(task.DesiredState));

    /// <summary>No balancer in the swarm leads to it any more.</summary>
    public void NoteDrained() => _drained.TrySetResult();

    public void Unassign() => _events.Writer.TryWrite(new TaskEvent.Unassigned());

    /// <summary>Ends when the task is removed, or with the daemon, which leaves the container running.</summary>
    public async Task RunAsync(CancellationToken daemon)
    {
        _daemon = daemon;
        if (_life.Alive) BeginWatching();
        else if (_life.IsTerminal) ReleaseNetwork();
        if (_life.State != (_task.Status?.State ?? TaskState.New) || _life.Alive) Report();
        Settle();
        while (!_life.Gone)
        {
            var happened = await _events.Reader.ReadAsync(daemon);
            Note(TaskMachine.Observe(_life, happened));
            if (happened is TaskEvent.Started) BeginWatching();
            Settle();
        }
        _work?.Dispose();
    }

    private void Settle()
    {
        while (TaskMachine.Step(_life) is var (next, command))
        {
            Note(next);
            Begin(command);
        }
    }

    private void Note(TaskLife next)
    {
        var before = _life;
        _life = next;
        if (next.Assigned && (before.State != next.State || before.Healthy != next.Healthy || before.Err != next.Err || before.Message != next.Message || before.Pid != next.Pid && next.Alive))
            Report();
        if (next is { IsTerminal: true, Alive: false } && (!before.IsTerminal || before.Alive)) ReleaseNetwork();
    }

    private void Begin(TaskCommand command)
    {
        switch (command)
        {
            case TaskCommand.Prepare:
                RunWork(token => InsistAsync(TaskWork.Preparing, PrepareAsync, IsContainerdAway, token));
                break;
            case TaskCommand.Start:
                RunWork(token => InsistAsync(TaskWork.Starting, StartAsync, IsContainerdAway, token));
                break;
            case TaskCommand.Cancel:
                _work?.Cancel();
                break;
            case TaskCommand.Drain:
                RunWork(DrainAsync);
                break;
            case TaskCommand.Stop:
                RunWork(StopAsync);
                break;
            case TaskCommand.Remove:
                RunWork(RemoveAsync);
                break;
        }
    }

    private void RunWork(Func<CancellationToken, Task<TaskEvent>> work)
    {
        _work?.Dispose();
        _work = CancellationTokenSource.CreateLinkedTokenSource(_daemon);
        var kind = _life.Work;
        var token = _work.Token;
        _ = Task.Run(async () =>
        {
            TaskEvent answer;
            try
            {
                answer = await work(token);
            }
            catch (Exception) when (_daemon.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error)
            {
                if (!token.IsCancellationRequested) LogFailed(error, kind);
                answer = new TaskEvent.WorkFailed(Reason(error));
            }
            _events.Writer.TryWrite(answer);
        }, CancellationToken.None);
    }

    private async Task<TaskEvent> PrepareAsync(CancellationToken cancel)
    {
        var containerId = _parts.Ids.NewContainerId();
        var (container, image, network) = await new TaskPreparation(_parts, SayWaiting, _logger).PrepareAsync(_task, containerId, cancel);
        _ports = container.Check is null ? TaskPorts.Of(_task, image) : TaskPorts.None;
        _hostPorts = network.HostPorts;
        return new TaskEvent.Prepared(containerId);
    }

    private async Task<TaskEvent> StartAsync(CancellationToken cancel)
    {
        var id = _life.ContainerId;
        var contents = await new TaskContents(_parts.Contents, _task, _parts.Containers.TemplateOf(_task)).GatherAsync(SayWaiting, cancel);
        return await _parts.Places.RunAsync(TaskStage.Start, () => StartContainerAsync(id, contents, cancel), cancel);
    }

    private async Task<TaskEvent> StartContainerAsync(string id, IReadOnlyDictionary<string, ReadOnlyMemory<byte>> contents, CancellationToken cancel)
    {
        await _parts.Engine.StartAsync(id, contents, cancel);
        var container = _parts.Engine.Find(id);
        return new TaskEvent.Started((int)container.State.Pid, container.Check is not null || _ports.IsAny);
    }

    private void SayWaiting(string why) => _events.Writer.TryWrite(new TaskEvent.Waiting(why));

    private async Task<TaskEvent> DrainAsync(CancellationToken cancel)
    {
        var patience = TaskDrain.PatienceOf(_task);
        if (patience > TimeSpan.Zero)
        {
            try
            {
                await _drained.Task.WaitAsync(patience, _parts.Time, cancel);
            }
            catch (TimeoutException)
            {
                LogNotDrained(TaskNaming.ContainerName(_task), patience.TotalSeconds);
            }
            await Task.Delay(TaskDrain.LingerOf(_task), _parts.Time, cancel);
            if (_life.Pid > 0) await new ConnectionsWait(ListeningSockets.PathsOf(_life.Pid), _parts.Time).RunAsync(patience, cancel);
        }
        return new TaskEvent.Drained();
    }

    private Task<TaskEvent> StopAsync(CancellationToken cancel) => InsistAsync(TaskWork.Stopping, StopContainerAsync, _ => true, cancel);

    private async Task<TaskEvent> StopContainerAsync(CancellationToken cancel)
    {
        try
        {
            await _parts.Engine.StopAsync(_life.ContainerId, TaskContainers.GraceOf(_task), null, cancel);
            // The exit code is in the record now; the watcher's word of it may come later.
            _events.Writer.TryWrite(new TaskEvent.Exited(_parts.Engine.Find(_life.ContainerId).State.ExitCode));
        }
        catch (SkeinException error) when (error.Kind is ErrorKind.NotFound or ErrorKind.NotModified)
        {
            // It ended by itself meanwhile.
        }
        return new TaskEvent.Stopped();
    }

    private async Task<TaskEvent> RemoveAsync(CancellationToken cancel)
    {
        return _life.ContainerId.Length > 0 ? await InsistAsync(TaskWork.Removing, RemoveContainerAsync, _ => true, cancel) : new TaskEvent.Removed();
    }

    private async Task<TaskEvent> RemoveContainerAsync(CancellationToken cancel)
    {
        var id = _life.ContainerId;
        if (_life.Alive) await StopContainerAsync(cancel);
        await TaskRemoval.RemoveContainerAsync(_parts.Engine, id);
        await _parts.Networking.DetachAsync(id, cancel);
        return new TaskEvent.Removed();
    }

    /// <summary>
    /// Tried until it succeeds, or fails for good: what is not stopped or removed would stay for ever, and a task is none the worse for
    /// a containerd that is being restarted.
    /// </summary>
    private async Task<TaskEvent> InsistAsync(
        TaskWork kind, Func<CancellationToken, Task<TaskEvent>> work, Func<Exception, bool> isPassing, CancellationToken cancel)
    {
        for (var pause = FirstPause; ; pause = pause < LongestPause ? pause * 2 : pause)
        {
            try
            {
                return await work(cancel);
            }
            catch (Exception error) when (!cancel.IsCancellationRequested && isPassing(error))
            {
                LogFailed(error, kind);
            }
            await Task.Delay(pause, _parts.Time, cancel);
        }
    }

    private static bool IsContainerdAway(Exception error) =>
        error is SkeinException { Kind: ErrorKind.Unavailable } or RpcException { StatusCode: StatusCode.Unavailable };

    private void BeginWatching()
    {
        var id = _life.ContainerId;
        _ = Task.Run(() => WatchExitAsync(id), CancellationToken.None);
        if (_ports.IsAny && _life.State < TaskState.Running) BeginListening(_life.Pid);
        _ = Task.Run(() => WatchHealthAsync(id), CancellationToken.None);
    }

    private async Task WatchHealthAsync(string id)
    {
        try
        {
            await foreach (var verdict in _parts.Engine.WatchHealthAsync(id, _daemon))
                _events.Writer.TryWrite(verdict == HealthVerdict.Healthy ? new TaskEvent.BecameHealthy() : new TaskEvent.BecameUnhealthy());
        }
        catch (Exception error) when (error is OperationCanceledException or SkeinException)
        {
            // The daemon ends; or the container is gone, which its exit tells.
        }
    }

    private void BeginListening(int pid) => _ = Task.Run(async () =>
    {
        try
        {
            await new ListeningWait(_ports, ListeningSockets.PathsOf(pid), _parts.Time).RunAsync(_daemon);
            _events.Writer.TryWrite(new TaskEvent.BecameHealthy());
        }
        catch (OperationCanceledException)
        {
            // The next daemon takes a process that runs for one that listens.
        }
    }, CancellationToken.None);

    private async Task WatchExitAsync(string id)
    {
        TaskEvent end;
        try
        {
            end = new TaskEvent.Exited(await _parts.Engine.WaitAsync(id, _daemon));
        }
        catch (Exception) when (_daemon.IsCancellationRequested)
        {
            return;
        }
        catch (Exception error)
        {
            end = new TaskEvent.Lost(Reason(error));
        }
        _events.Writer.TryWrite(end);
    }

    /// <summary>A stopped container keeps its files for `docker logs`, but not its addresses and ports.</summary>
    private void ReleaseNetwork()
    {
        var id = _life.ContainerId;
        if (id.Length == 0) return;
        _ = Task.Run(async () =>
        {
            try
            {
                await _parts.Networking.DetachAsync(id, _daemon);
            }
            catch (Exception error) when (!_daemon.IsCancellationRequested)
            {
                LogFailed(error, TaskWork.Removing);
            }
            catch (OperationCanceledException)
            {
                // The next daemon removes what belongs to no running container.
            }
        }, CancellationToken.None);
    }

    private void Report()
    {
        var now = _reported = Later(_reported, Timestamp.FromDateTimeOffset(_parts.Time.GetUtcNow()));
        // Its health may change many times while it runs: `docker service ps` shows since when it does.
        if (_entered?.State != _life.State) _entered = (_life.State, now);
        var status = new SwarmTaskStatus
        {
            State = _life.State,
            Timestamp = _entered!.Value.Since,
            ReportedAt = now,
            Message = _life.Message,
            Err = TaskStatusBounds.Clip(_life.Err),
            AppliedBy = _parts.NodeId(),
            AppliedAt = now,
            Healthy = _life.Healthy,
        };
        if (_life.ContainerId.Length > 0)
            status.Container = new Skein.Model.ContainerStatus { ContainerId = _life.ContainerId, Pid = _life.Pid, ExitCode = _life.ExitCode };
        if (!_life.IsTerminal) status.HostPorts.Add(_hostPorts);
        _parts.Outbox.Report(TaskId, status);
        LogState(TaskNaming.ContainerName(_task), _life.State, _life.Err.Length > 0 ? _life.Err : _life.Message);
    }

    /// <summary>Within one state a manager takes the later of two reports: a clock that was set back must not make news old.</summary>
    private static Timestamp Later(Timestamp? a, Timestamp b) => a is not null && a.CompareTo(b) > 0 ? a : b;

    private static string Reason(Exception error) => error is RpcException rpc ? rpc.Status.Detail : error.Message;
}
