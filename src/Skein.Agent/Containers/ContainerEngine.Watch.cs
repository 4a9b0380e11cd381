using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Skein.Agent.Containerd.EventsApi;
using Skein.Agent.Containerd.TasksApi;
using Skein.Agent.Containers.Storage;
using TaskState = Skein.Agent.Containerd.TasksApi.Status;

namespace Skein.Agent.Containers;

/// <summary>
/// How the engine learns of exits. Each running task has one waiting call at containerd, answered at once when the task has
/// ended already: unlike the event stream it cannot miss an exit while the connection, the daemon or containerd was away.
/// </summary>
public sealed partial class ContainerEngine
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan RecordPause = TimeSpan.FromSeconds(2);

    // A container whose task is gone without a trace: the host went down under it. Docker shows the same code.
    private const int LostExitCode = 255;

    // One whose shim was killed: containerd kills with SIGKILL what runs without, and forgets it.
    private const int ForgottenExitCode = 137;

    /// <summary>
    /// Takes up every container on disk as it stands now, and removes from containerd what belongs to none. When containerd goes away
    /// meanwhile (RpcException, Unavailable) it can be called again, and goes on.
    /// </summary>
    public async Task RecoverAsync(CancellationToken cancel)
    {
        var unreadable = new List<string>();
        var stored = records.ReadAll((id, error) =>
        {
            LogUnreadable(id, error.Message);
            unreadable.Add(id);
        }).ToLookup(ContainerRecords.IsFinished);
        volumes.Open();
        var tasks = (await containerd.Tasks.ListAsync(new(), cancellationToken: cancel)).Tasks.ToDictionary(task => task.Id);
        foreach (var record in stored[true].Where(record => containers.TryGet(record.Definition.Id) is null))
        {
            await EndLeftExecsAsync(record.Definition.Id);
            var container = Manage(ContainerRecords.ToRecord(record), ContainerRecords.RootMounts(record), record.StopSignal, takenUp: true);
            // One of a daemon that did not note it yet.
            if (container.Record.ImageId.Length == 0)
                container.Record = container.Record with { ImageId = images.TryFind(container.Record.Definition.Spec.Image)?.Id ?? "" };
            container.Log.HideFromUsers();
            containers.Add(container);
            volumes.Note(container.Id, container.Record.Definition.Spec.Mounts);
            await TakeUpAsync(container, tasks.GetValueOrDefault(container.Id));
        }
        // When it is known which volumes are others'.
        foreach (var unfinished in stored[false])
            await UnmakeAsync(unfinished);
        volumeContent.Clear();
        staged.Clear();
        volumes.UnmountUnused();
        foreach (var folder in records.Folders()) DataFolder.Ensure(folder);
        await SweepAsync(cancel);
        // Last: until nothing of it runs, its folder is what tells of it.
        foreach (var id in unreadable) Forget(id);
        LogRecovered(containers.All.Count, containers.All.Count(container => container.Running));
    }

    private void Forget(string id)
    {
        records.Delete(id);
        if (Directory.Exists(options.IoFolder(id))) Directory.Delete(options.IoFolder(id), recursive: true);
    }

    /// <summary>
    /// Follows what containerd tells without being asked: containers out of memory. Takes away what is left behind, and writes
    /// records that could not be written.
    /// </summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancel, closing.Token);
        await Task.WhenAll(FollowEventsAsync(linked.Token), KeepSweepingAsync(linked.Token), KeepRecordsAsync(linked.Token));
    }

    private async Task FollowEventsAsync(CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
        {
            try
            {
                var request = new SubscribeRequest { Filters = { $"topic==\"/tasks/oom\",namespace=={containerd.Namespace}" } };
                using var stream = containerd.Events.Subscribe(request, cancellationToken: cancel);
                await foreach (var envelope in stream.ResponseStream.ReadAllAsync(cancel))
                    NoteOutOfMemory(TaskOOM.Parser.ParseFrom(envelope.Event.Value).ContainerId);
            }
            catch (RpcException error) when (!cancel.IsCancellationRequested)
            {
                LogEventsBroke(error.Status.Detail);
                lookSoon.TrySetResult();
            }
            catch (Exception error) when (error is RpcException or OperationCanceledException && cancel.IsCancellationRequested)
            {
                return;
            }
            await Task.Delay(RetryDelay, time, cancel).ContinueWith(_ => { }, TaskScheduler.Default);
        }
    }

    private async Task KeepRecordsAsync(CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
        {
            await Task.Delay(RecordPause, time, cancel).ContinueWith(_ => { }, TaskScheduler.Default);
            foreach (var container in unrecorded.Values)
                await RecordAsync(container);
        }
    }

    private async Task RecordAsync(ManagedContainer container)
    {
        await container.Gate.WaitAsync(CancellationToken.None);
        try
        {
            if (containers.Contains(container.Id))
                Write(container);
            else
                unrecorded.TryRemove(container.Id, out _);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Said once already; the next round tries again.
        }
        finally
        {
            container.Gate.Release();
        }
    }

    // A task of one that had not been started, or has ended, is the sweep's.
    private async Task TakeUpAsync(ManagedContainer container, Process? task)
    {
        if (task is { Status: TaskState.Running or TaskState.Paused or TaskState.Pausing })
        {
            container.Log.Collection?.Resume();
            container.Io.Open(poller, container.Log);
            OpenInput(container);
            var state = container.Record.State;
            var runs = task.Status == TaskState.Running || container.Record.PausedByDaemon && await IsThawedAsync(container.Id);
            if (runs) container.Record = container.Record with { PausedByDaemon = false };
            Store(container, state with
            {
                Status = runs ? ContainerStatus.Running : ContainerStatus.Paused,
                Pid = task.Pid,
                StartedAt = state.StartedAt ?? time.GetUtcNow(),
            });
            container.Record = container.Record with { Health = container.Record.Check is null ? null : ContainerHealth.Starting };
            if (runs) BeginProbing(container);
            _ = WatchAsync(container);
        }
        else if (container.Running)
        {
            // It ended while nobody looked. What the shim could not hand on yet may still be in the FIFO; after a reboot
            // containerd remembers the task, but /run and the FIFOs in it are gone.
            if (task is not null && Directory.Exists(options.IoFolder(container.Id)))
                container.Io.Open(poller, container.Log);
            await EndAsync(container, container.NextExit, (int?)task?.ExitStatus ?? LostExitCode, task?.ExitedAt, TimeSpan.FromMilliseconds(200));
        }
    }

    private async Task WatchAsync(ManagedContainer container)
    {
        var exit = container.NextExit;
        try
        {
            var (exitCode, at) = await WaitForExitAsync(container.Id, "");
            await EndAsync(container, exit, exitCode, at, DrainPatience);
        }
        catch (Exception error) when (!closing.IsCancellationRequested)
        {
            LogWatchFailed(container.Id, error);
        }
        catch (Exception error) when (error is OperationCanceledException or RpcException or ObjectDisposedException)
        {
            // The daemon leaves; the next one takes the container up.
        }
    }

    private async Task<(int ExitCode, Timestamp? At)> WaitForExitAsync(string id, string execId)
    {
        while (true)
        {
            try
            {
                var answer = await containerd.Tasks.WaitAsync(new() { ContainerId = id, ExecId = execId }, cancellationToken: closing.Token);
                return ((int)answer.ExitStatus, answer.ExitedAt);
            }
            catch (RpcException error) when (error.StatusCode == StatusCode.NotFound && !closing.IsCancellationRequested)
            {
                return (ForgottenExitCode, null);
            }
            catch (RpcException error) when (!closing.IsCancellationRequested)
            {
                LogWaitBroke(id, error.Status.Detail);
            }
            await Task.Delay(RetryDelay, time, closing.Token);
        }
    }

    /// <param name="exit">Of the run that has ended: who tells of it second tells nothing, and not of the run after it.</param>
    private async Task EndAsync(ManagedContainer container, Task<int> exit, int exitCode, Timestamp? at, TimeSpan patience)
    {
        await container.Gate.WaitAsync();
        try
        {
            if (container.NextExit != exit)
                return;
            await container.Io.EndAsync(patience, time);
            EndCollection(container);
            var state = container.Record.State with { ExitCode = exitCode, Pid = 0, FinishedAt = at is { Seconds: > 0 } ? at.ToDateTimeOffset() : time.GetUtcNow() };
            // One write: nobody sees it at rest that is about to start again.
            Store(container, state with { Status = StatusAfter(container, exitCode, Ran(state)) });
            EndProbing(container);
            // Docker calls one that is no longer looked at unhealthy.
            if (container.Record.Health is { } health)
                container.Record = container.Record with { Health = health with { Verdict = HealthVerdict.Unhealthy } };
            container.TellHealth();
            container.Log.Wake();
            Publish(container, "die", ("exitCode", Text(exitCode)), ("execDuration", Text((long)Ran(container.Record.State).TotalSeconds)));
            container.CompleteExit(exitCode);
            await DeleteEndedTaskAsync(container.Id);
            memoryFiles.Remove(container.Id);
            sharedMemory.Remove(container.Id);
        }
        finally
        {
            container.Gate.Release();
        }
    }

    private static TimeSpan Ran(ContainerState state) => state.FinishedAt - state.StartedAt ?? TimeSpan.Zero;

    // Nothing of it is wanted any more; a task that can't be deleted, as its shim may just be ending, is deleted by the next start, removal or daemon.
    private async Task DeleteEndedTaskAsync(string id)
    {
        try
        {
            await DeleteTaskAsync(id);
        }
        catch (RpcException error)
        {
            LogLeftBehind(id, error.Status.Detail);
        }
    }

    private void NoteOutOfMemory(string id)
    {
        if (containers.TryGet(id) is not { } container)
            return;
        LogOutOfMemory(id);
        _ = NoteAsync();

        async Task NoteAsync()
        {
            await container.Gate.WaitAsync();
            try
            {
                if (!container.Removing)
                    Store(container, container.Record.State with { OomKilled = true });
            }
            finally
            {
                container.Gate.Release();
            }
            Publish(container, "oom");
        }
    }
}
