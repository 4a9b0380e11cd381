using System.Collections.ObjectModel;
using Grpc.Core;
using Skein.Agent.Containers.Processes;
using Skein.Model;

namespace Skein.Agent.Containers;

public sealed partial class ContainerEngine
{
    // After SIGKILL the kernel needs a moment, longer when it has much memory to free.
    private static readonly TimeSpan KillPatience = TimeSpan.FromSeconds(10);

    // containerd gives what a start has left behind 5 s to end.
    private static readonly TimeSpan EarlierStartPatience = TimeSpan.FromSeconds(10);

    public Task StartAsync(string id, CancellationToken cancel) => StartAsync(id, [], cancel);

    public Task StartAsync(string id, IReadOnlyList<string> linked, CancellationToken cancel) => StartAsync(id, ReadOnlyDictionary<string, ReadOnlyMemory<byte>>.Empty, linked, cancel);

    public Task StartAsync(string id, IReadOnlyDictionary<string, ReadOnlyMemory<byte>> contents, CancellationToken cancel) => StartAsync(id, contents, [], cancel);

    private async Task StartAsync(string id, IReadOnlyDictionary<string, ReadOnlyMemory<byte>> contents, IReadOnlyList<string> linked, CancellationToken cancel)
    {
        var container = containers.Find(id);
        await container.Gate.WaitAsync(cancel);
        try
        {
            if (container.IsLeaving) throw SkeinException.Conflict("container is marked for removal and cannot be started");
            if (container.Record.State.Status == ContainerStatus.Paused) throw SkeinException.Conflict("cannot start a paused container, try unpause instead");
            if (!container.Running)
                await StartTaskAsync(container, contents, linked, cancel);
        }
        finally
        {
            container.Gate.Release();
        }
    }

    public async Task StopAsync(string id, TimeSpan? grace, string? signal, CancellationToken cancel)
    {
        var container = containers.Find(id);
        var exit = container.NextExit;
        if (!container.Running)
            return;
        var number = Signals.Parse(string.IsNullOrEmpty(signal) ? container.StopSignal : signal);
        await EndProbingAsync(container, cancel);
        var patience = await SignalAsync(container, number, cancel) ? grace ?? container.Record.Definition.Grace : ShimPatience;
        if (!await EndedWithinAsync(exit, patience, cancel))
        {
            LogKilled(container.Id, patience.TotalSeconds);
            await KillAndWaitAsync(container, exit, cancel);
        }
        Publish(container, "stop");
    }

    public async Task KillAsync(string id, string signal, CancellationToken cancel)
    {
        var container = containers.Find(id);
        var number = Signals.Parse(string.IsNullOrEmpty(signal) ? "SIGKILL" : signal);
        var exit = container.NextExit;
        if (!container.Running)
            throw NotRunning(container);
        // As in Docker, a kill has happened when the answer comes.
        if (number == Signals.Kill)
            await KillAndWaitAsync(container, exit, cancel);
        else if (!await SignalAsync(container, number, cancel))
            throw NotRunning(container);
    }

    public async Task RemoveAsync(string id, bool force, bool volumesToo, CancellationToken cancel)
    {
        var container = containers.Find(id);
        await container.Gate.WaitAsync(cancel);
        try
        {
            if (container.Removing)
                throw SkeinException.Conflict($"removal of container {id} is already in progress");
            if (container.Running && !force)
            {
                throw SkeinException.Conflict(
                    $"cannot remove container \"/{container.Record.Name}\": container is {(container.Record.State.Status == ContainerStatus.Paused ? "paused and must be unpaused first" : "running: stop the container before removing or force remove")}");
            }
            container.Removing = true;
            container.Record = container.Record with { Removal = volumesToo ? ContainerRemoval.WithVolumes : ContainerRemoval.Alone };
            Store(container, Leaving(container.Record.State));
        }
        finally
        {
            container.Gate.Release();
        }
        try
        {
            var exit = container.NextExit;
            if (container.Running)
                await KillAndWaitAsync(container, exit, cancel);
            await RemoveStoppedAsync(container, volumesToo);
        }
        catch (Exception error)
        {
            await GiveUpRemovalAsync(container);
            if (error is RpcException refused)
                throw new SkeinException(KindOf(refused), $"cannot remove container \"/{container.Record.Name}\": {refused.Status.Detail}", refused);
            throw;
        }
    }

    private async Task StartTaskAsync(
        ManagedContainer container, IReadOnlyDictionary<string, ReadOnlyMemory<byte>> contents, IReadOnlyList<string> linked, CancellationToken cancel)
    {
        // A boot has come between, and what was mounted is no more.
        await volumes.TakeAsync(container.Id, container.Record.Definition.Spec.Mounts, cancel);
        memoryFiles.Write(container.Id, container.Record.Definition.Spec, contents);
        try
        {
            if (container.Log.Collection is { } collection) await collection.OpenAsync(cancel);
            container.Io.Open(poller, container.Log);
            container.Io.Hold(poller);
            if (container.TakenUp) await Task.Run(() => abandonedShims.EndOf(container.Id), cancel);
            // A boot has come between, or a reload of the host's profiles: runc does not start what is under one that is not there.
            if (container.Record.AppArmorProfile.Length > 0) await appArmor.EnsureAsync(cancel);
            if (container.Record.Definition.Standalone is { } wish) await RenewSpecAsync(container, wish, linked, cancel);
            using (await StageAsync(container.Record.Definition, cancel)) await CreateTaskAsync(container, cancel);
            OpenInput(container);
            // Read before the call: a short program has ended when it returns, and must not end before it began.
            var startedAt = time.GetUtcNow();
            var started = await containerd.Tasks.StartAsync(new() { ContainerId = container.Id }, cancellationToken: cancel);
            container.Record = container.Record with { Health = container.Record.Check is null ? null : ContainerHealth.Starting, EndedUnseen = false, PausedByDaemon = false };
            Store(container, new ContainerState(ContainerStatus.Running, started.Pid, 0, false, "", startedAt, null));
            BeginProbing(container);
            container.Io.LetGo();
        }
        catch (Exception error)
        {
            throw await AbandonStartAsync(container, error);
        }
        Publish(container, "start");
        _ = WatchAsync(container);
    }

    private async Task CreateTaskAsync(ManagedContainer container, CancellationToken cancel)
    {
        var paths = container.Io.Paths;
        var request = new Containerd.TasksApi.CreateTaskRequest
        {
            ContainerId = container.Id,
            Rootfs = { container.RootMounts },
            Stdin = paths.Stdin,
            Stdout = paths.Stdout,
            Stderr = paths.Stderr,
            Terminal = container.Record.Definition.Spec.Tty,
        };
        var began = time.GetTimestamp();
        while (true)
        {
            try
            {
                await containerd.Tasks.CreateAsync(request, cancellationToken: cancel);
                return;
            }
            catch (RpcException error) when (EarlierStart.IsMet(error.StatusCode, error.Status.Detail) && time.GetElapsedTime(began) < EarlierStartPatience)
            {
                await DeleteEndedTaskAsync(container.Id);
                await Task.Run(() => abandonedShims.EndOf(container.Id), cancel);
            }
            await Task.Delay(RetryDelay, time, cancel);
        }
    }

    private void OpenInput(ManagedContainer container) =>
        container.Io.Input?.Open(poller, container.Io.Paths.Stdin, () => CloseInputAsync(container.Id, ""), time);

    // Whatever went wrong, nothing of the task stays, and the record says why, with Docker's exit code for it.
    private async Task<Exception> AbandonStartAsync(ManagedContainer container, Exception cause)
    {
        try
        {
            await DeleteTaskAsync(container.Id);
        }
        catch (RpcException error)
        {
            LogLeftBehind(container.Id, error.Status.Detail);
        }
        memoryFiles.Remove(container.Id);
        sharedMemory.Remove(container.Id);
        await container.Io.EndAsync(TimeSpan.Zero, time);
        EndCollection(container);
        var message = cause is RpcException refused ? $"failed to create task for container: {refused.Status.Detail}" : cause.Message;
        var failure = StartFailure.Of(message);
        NoteFailure(container, failure);
        return cause switch
        {
            RpcException { StatusCode: StatusCode.Cancelled } => new OperationCanceledException("the caller left", cause),
            RpcException { StatusCode: StatusCode.Unavailable } => new SkeinException(ErrorKind.Unavailable, message, cause),
            RpcException => failure.ToException(cause),
            _ => cause,
        };
    }

    /// <summary>Its state says why it does not run, and nobody waits for a run that does not come.</summary>
    private void NoteFailure(ManagedContainer container, StartFailure failure)
    {
        var state = container.Record.State;
        Store(container, state with { Status = state.StartedAt is null ? ContainerStatus.Created : ContainerStatus.Exited, ExitCode = failure.ExitCode, Error = failure.Message, Pid = 0 });
        container.Log.Wake();
        container.CompleteExit(failure.ExitCode);
    }

    /// <summary>A collector that is slow to take the last lines must not hold up what follows.</summary>
    private static void EndCollection(ManagedContainer container) => _ = container.Log.Collection?.CloseAsync();

    /// <returns>false when there was none.</returns>
    private async Task<bool> DeleteTaskAsync(string id)
    {
        try
        {
            return await IgnoreMissingAsync(async () => await containerd.Tasks.DeleteAsync(new() { ContainerId = id }));
        }
        catch (RpcException error) when (IsOfRunning(error))
        {
            // End it first.
            await IgnoreMissingAsync(async () => await containerd.Tasks.KillAsync(new() { ContainerId = id, Signal = Signals.Kill, All = true }));
            var deadline = (time.GetUtcNow() + KillPatience).UtcDateTime;
            await IgnoreMissingAsync(async () => await containerd.Tasks.WaitAsync(new() { ContainerId = id }, deadline: deadline));
            await IgnoreMissingAsync(async () => await containerd.Tasks.DeleteAsync(new() { ContainerId = id }));
            return true;
        }
        catch (RpcException error) when (error.StatusCode == StatusCode.DeadlineExceeded)
        {
            // The shim stands still. Without it containerd clears up by itself what is left.
            await EndShimAsync(id);
            return await IgnoreMissingAsync(async () => await containerd.Tasks.DeleteAsync(new() { ContainerId = id }));
        }
    }

    // The shim's refusal reaches us without its code.
    private static bool IsOfRunning(RpcException error) =>
        error.StatusCode == StatusCode.FailedPrecondition || error.Status.Detail.Contains("cannot delete a running process", StringComparison.Ordinal);

    private async Task RemoveStoppedAsync(ManagedContainer container, bool volumesToo)
    {
        // Taken for good: whoever waits for the gate finds the container removed.
        await container.Gate.WaitAsync();
        try
        {
            container.Record = container.Record with { State = Leaving(container.Record.State) };
            await ForgetAtContainerdAsync(container.Id, container.Record.Definition.Spec.Mounts);
            // Who was attached before a start that never came.
            await container.Io.EndAsync(TimeSpan.Zero, time);
            container.Dispose();
            var io = options.IoFolder(container.Id);
            if (Directory.Exists(io))
                Directory.Delete(io, recursive: true);
            await volumes.ReleaseAsync(container.Id, container.Record.Definition.Spec.Mounts, volumesToo);
            memoryFiles.Remove(container.Id);
            sharedMemory.Remove(container.Id);
            records.Delete(container.Id);
            containers.Remove(container);
            container.CompleteRemoval();
        }
        finally
        {
            container.Gate.Release();
        }
        Publish(container, "destroy");
    }

    private static ContainerState Leaving(ContainerState state) =>
        state.IsRunning ? state : state with { Status = ContainerStatus.Removing };

    /// <summary>One that runs on is what it was; of any other something may be gone, and it can only be removed again.</summary>
    private async Task GiveUpRemovalAsync(ManagedContainer container)
    {
        using var held = await HoldAsync(container, CancellationToken.None);
        container.Removing = false;
        container.Record = container.Record with { Removal = null };
        Store(container, container.Running ? container.Record.State : container.Record.State with { Status = ContainerStatus.Dead });
    }

    /// <summary>Nothing of it runs any more: what containerd can't remove now is the sweep's, and must not keep the container's name and place.</summary>
    private async Task ForgetAtContainerdAsync(string id, IReadOnlyList<Mount> mounts)
    {
        try
        {
            await DeleteTaskAsync(id);
            await RemoveFromContainerdAsync(id, mounts);
        }
        catch (RpcException error) when (error.StatusCode != StatusCode.Unavailable)
        {
            LogLeftBehind(id, error.Status.Detail);
        }
    }

    /// <returns>false when there is nothing to signal any more, or its shim does not take the signal.</returns>
    private async Task<bool> SignalAsync(ManagedContainer container, uint signal, CancellationToken cancel, TimeSpan? patience = null)
    {
        try
        {
            var deadline = (time.GetUtcNow() + patience)?.UtcDateTime;
            await containerd.Tasks.KillAsync(
                new() { ContainerId = container.Id, Signal = signal, All = signal == Signals.Kill }, deadline: deadline, cancellationToken: cancel);
        }
        catch (RpcException error) when (error.StatusCode is StatusCode.NotFound or StatusCode.FailedPrecondition or StatusCode.DeadlineExceeded)
        {
            return false;
        }
        Publish(container, "kill", ("signal", Text(signal)));
        if (container.Record.State.Status == ContainerStatus.Paused && IsEnd(container, signal)) await ThawAsync(container, cancel);
        return true;
    }

    private async Task<bool> EndedWithinAsync(Task task, TimeSpan patience, CancellationToken cancel)
    {
        try
        {
            // No timer runs for longer than 49 days: who waits as long as it takes waits on.
            await task.WaitAsync(patience.TotalMilliseconds < uint.MaxValue ? patience : Timeout.InfiniteTimeSpan, time, cancel);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }
}
