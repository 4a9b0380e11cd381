using Skein.Agent.Bridges;
using Skein.Agent.Containers;
using Skein.Agent.Logs;
using Skein.Agent.Mesh;
using Skein.Agent.Networks;
using Skein.Agent.Peers;
using Skein.Agent.Tasks;
using Skein.Model;

namespace Skein.Hosting;

/// <summary>The agent's loops, which run while the host is in a swarm.</summary>
internal sealed partial class NodeParts(
    TaskManager tasks, IContainerEngine containers, OverlayNetworking networking, BridgeNetworking bridges, NamespaceServices services, PeerWatcher peers,
    TimeProvider time, ILogger<NodeParts> log) : INodeParts
{
    /// <summary>A container that does not end must not keep the host in the swarm for ever.</summary>
    private static readonly TimeSpan TasksPatience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan RestartPause = TimeSpan.FromSeconds(1);
    private readonly ILogger _log = log;
    private readonly LogPublisher _logs = new(containers, log);
    private CancellationTokenSource? _stop;
    private Task _running = Task.CompletedTask;

    public void Start()
    {
        _stop = new();
        _running = Task.WhenAll(
            KeepRunningAsync("networks", networking.RunAsync, _stop.Token),
            KeepRunningAsync("users' legs", bridges.FollowSwarmAsync, _stop.Token),
            KeepRunningAsync("watch of other nodes", peers.RunAsync, _stop.Token),
            KeepRunningAsync("mesh", services.RunAsync, _stop.Token),
            KeepRunningAsync("tasks", tasks.RunAsync, _stop.Token));
    }

    public Task WhenProgrammedAsync(long generation, CancellationToken cancel) => services.WhenAppliedAsync(generation, cancel);

    public void NoteDrained(IEnumerable<string> taskIds) => tasks.NoteDrained(taskIds);

    public async Task StopAsync()
    {
        if (_stop is null) return;
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
        _stop = null;
    }

    public Task PublishLogsAsync(LogSubscription wanted, Dispatcher.DispatcherClient manager, CancellationToken session) =>
        _logs.PublishAsync(wanted, manager, session);

    public async Task RemoveAllAsync(CancellationToken cancel)
    {
        await KillTasksAsync(cancel);
        try
        {
            await tasks.WaitUntilEmptyAsync(cancel).WaitAsync(TasksPatience, time, cancel);
        }
        catch (TimeoutException)
        {
            LogTasksLeft(TasksPatience.TotalSeconds);
        }
        await StopAsync();
        await bridges.LeaveSwarmAsync(cancel);
        await services.RemoveAllAsync(cancel);
        await networking.LeaveAsync(cancel);
    }

    /// <summary>As Docker does on leaving: the swarm has given these tasks to other nodes, nobody waits for a graceful end.</summary>
    private async Task KillTasksAsync(CancellationToken cancel)
    {
        foreach (var container in containers.List().Where(container => container.Definition.IsTasks))
        {
            try
            {
                await containers.KillAsync(container.Id, "SIGKILL", cancel);
            }
            catch (SkeinException)
            {
                // It has ended by itself, or is gone already.
            }
        }
    }

    private async Task KeepRunningAsync(string name, Func<CancellationToken, Task> run, CancellationToken stop)
    {
        await Task.Yield();
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await run(stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                LogFailed(e, name);
            }
            await Task.Delay(RestartPause, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    [LoggerMessage(1130, LogLevel.Error, "The node's {Part} failed and are started again")]
    private partial void LogFailed(Exception reason, string part);

    [LoggerMessage(1131, LogLevel.Warning, "Tasks of the swarm did not end within {Seconds} s and are left to themselves")]
    private partial void LogTasksLeft(double seconds);
}
