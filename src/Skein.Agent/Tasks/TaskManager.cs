using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Skein.Agent.Containers;
using Skein.Agent.Images;
using Skein.Agent.Networks;
using Skein.Agent.Session;
using Skein.Model;
using ContainerStatus = Skein.Agent.Containers.ContainerStatus;

namespace Skein.Agent.Tasks;

/// <summary>
/// Keeps one controller for each task assigned to this node. A container stays until its task leaves the
/// assignments, so that `docker ps -a` and `docker logs` show how it ended. Without a manager the assignments just
/// stay as they are, and so does everything here.
/// </summary>
public sealed partial class TaskManager
{
    private readonly AssignmentState _assignments;
    private readonly TaskDependencies _parts;
    private readonly ILoggerFactory _loggers;
    private readonly ILogger _logger;
    private readonly ConcurrentDictionary<string, Kept> _controllers = new();

    // Words that no controller has taken yet.
    private readonly ConcurrentDictionary<string, bool> _drained = new();

    /// <param name="describeNode">This node, for placeholders such as {{.Node.Hostname}}.</param>
    /// <param name="logDriver">Of tasks that name none; null = json-file.</param>
    public TaskManager(
        AssignmentState assignments,
        IImageStore images,
        ITaskNetworking networking,
        IContainerEngine engine,
        ITaskStatusOutbox outbox,
        DependencyContents contents,
        Func<NodeDescription> describeNode,
        IIdSource ids,
        TimeProvider time,
        ILoggerFactory loggers,
        LogDriver? logDriver = null)
    {
        _assignments = assignments;
        _loggers = loggers;
        _logger = loggers.CreateLogger<TaskManager>();
        var containers = new TaskContainers(NodeId, describeNode, logDriver);
        _parts = new TaskDependencies(images, networking, engine, outbox, contents, new(PlacesOf(Environment.ProcessorCount), time), containers, NodeId, ids, time);

        string NodeId() => assignments.Current.Local.NodeId;
    }

    /// <summary>A start spends as long waiting, for containerd and the shim, as it works.</summary>
    internal static int PlacesOf(int processors) => Math.Max(4, 2 * processors);

    /// <summary>
    /// Runs until cancelled, which leaves every container as it is. The first publication of assignments is waited
    /// for: until then it is not known which containers are still wanted.
    /// </summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        var (current, generation) = await _assignments.WaitNewerAsync(0, cancel);
        var found = await RecoverAsync(current, cancel);
        while (true)
        {
            Follow(current, found, cancel);
            found = NothingFound;
            (current, generation) = await _assignments.WaitNewerAsync(generation, cancel);
        }
    }

    /// <summary>
    /// The manager's word that no balancer in the swarm leads to these tasks any more. It is said once, and while a daemon comes back it
    /// may be said before the task has been taken over.
    /// </summary>
    public void NoteDrained(IEnumerable<string> taskIds)
    {
        foreach (var id in taskIds.Where(_assignments.Current.Tasks.ContainsKey))
        {
            _drained[id] = true;
            if (_controllers.TryGetValue(id, out var kept)) PassDrained(kept.Controller);
        }
    }

    private void PassDrained(TaskController controller)
    {
        if (_drained.TryRemove(controller.TaskId, out _)) controller.NoteDrained();
    }

    /// <summary>Completes when no task is left here: a node that leaves its swarm waits for it.</summary>
    public async Task WaitUntilEmptyAsync(CancellationToken cancel)
    {
        while (_controllers.Values.FirstOrDefault() is { } kept) await kept.Running.WaitAsync(cancel);
    }

    private static IReadOnlyDictionary<string, ContainerRecord> NothingFound { get; } = new Dictionary<string, ContainerRecord>();

    /// <summary>Takes over what an earlier daemon left, and removes what no task here wants any more.</summary>
    private async Task<IReadOnlyDictionary<string, ContainerRecord>> RecoverAsync(NodeAssignments current, CancellationToken cancel)
    {
        var wanted = new Dictionary<string, ContainerRecord>();
        var foreign = new List<ContainerRecord>();
        foreach (var container in _parts.Engine.List())
        {
            if (!container.Definition.IsTasks) continue;
            var taskId = container.Definition.TaskId;
            if (!current.Tasks.ContainsKey(taskId) || !wanted.TryAdd(taskId, container)) foreign.Add(container);
        }
        var running = wanted
            .Where(pair => pair.Value.State.Status is ContainerStatus.Running or ContainerStatus.Paused or ContainerStatus.Created)
            .Select(pair => _parts.Containers.NetworkSpec(current.Tasks[pair.Key], pair.Value.Definition.Spec, pair.Value.Id))
            .ToList();
        try
        {
            await _parts.Networking.RecoverAsync(running, cancel);
        }
        catch (Exception error) when (!cancel.IsCancellationRequested)
        {
            // The containers run on with the network they have; refusing all work would help none of them.
            LogNetworksNotRecovered(error);
        }
        LogRecovered(running.Count, foreign.Count);
        foreach (var container in foreign) _ = Task.Run(() => RemoveForeignAsync(container, cancel), CancellationToken.None);
        return wanted;
    }

    private void Follow(NodeAssignments current, IReadOnlyDictionary<string, ContainerRecord> found, CancellationToken cancel)
    {
        foreach (var (id, task) in current.Tasks)
        {
            if (_controllers.TryGetValue(id, out var kept))
            {
                if (kept.Desired == task.DesiredState) continue;
                kept.Desired = task.DesiredState;
                kept.Controller.Assign(task);
            }
            else
            {
                Keep(new TaskController(_parts, task, found.GetValueOrDefault(id), _loggers.CreateLogger<TaskController>()), task, cancel);
            }
        }
        foreach (var (id, kept) in _controllers)
        {
            if (current.Tasks.ContainsKey(id) || kept.Unassigned) continue;
            kept.Unassigned = true;
            kept.Controller.Unassign();
        }
    }

    private void Keep(TaskController controller, SwarmTask task, CancellationToken cancel)
    {
        var started = new TaskCompletionSource();
        var running = RunControllerAsync(controller, started.Task, cancel);
        _controllers[task.Id] = new Kept(controller, running) { Desired = task.DesiredState };
        PassDrained(controller);
        started.SetResult();
    }

    private async Task RunControllerAsync(TaskController controller, Task noted, CancellationToken cancel)
    {
        await noted.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            await controller.RunAsync(cancel);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // The daemon ends; its successor adopts the container.
        }
        catch (Exception error)
        {
            LogControllerFailed(error, controller.TaskId);
        }
        _controllers.TryRemove(controller.TaskId, out _);
    }

    private async Task RemoveForeignAsync(ContainerRecord container, CancellationToken cancel)
    {
        try
        {
            if (container.State.Status == ContainerStatus.Running) await _parts.Engine.StopAsync(container.Id, null, null, cancel);
            await TaskRemoval.RemoveContainerAsync(_parts.Engine, container.Id);
            await _parts.Networking.DetachAsync(container.Id, cancel);
        }
        catch (Exception error) when (!cancel.IsCancellationRequested)
        {
            LogRemovalFailed(error, container.Name);
        }
        catch (OperationCanceledException)
        {
            // The next daemon finds it again.
        }
    }

    private sealed class Kept(TaskController controller, Task running)
    {
        public TaskController Controller { get; } = controller;

        public Task Running { get; } = running;

        // Written by the manager's loop alone.
        public TaskState Desired { get; set; }

        public bool Unassigned { get; set; }
    }
}
