using System.Text.Json;
using Google.Protobuf;
using Grpc.Core;
using Skein.Agent.Containers.Io;
using Skein.Agent.Containers.Oci;
using Skein.Agent.Containers.Processes;
using Skein.Model;

namespace Skein.Agent.Containers;

public sealed partial class ContainerEngine
{
    // Docker, too, forgets an exec some five minutes after its end; a health check makes one every few seconds.
    private static readonly TimeSpan ExecMemory = TimeSpan.FromMinutes(5);

    // Docker's, too.
    private static readonly TimeSpan BeginPatience = TimeSpan.FromSeconds(10);

    public Task<ExecRecord> CreateExecAsync(string id, ExecDefinition definition, CancellationToken cancel)
    {
        var container = Active(id);
        if (definition.Command.Count == 0)
            throw SkeinException.Invalid("No exec command specified");
        ForgetOldExecs(container);
        var exec = new ExecRecord(ids.NewContainerId(), container.Id, definition, Running: false, ExitCode: null, Pid: 0);
        // Both outputs always, as dockerd does, and read whether anybody wants them or not: with an input alone the shim (containerd 1.6)
        // fails over the output that has no name, with the process running and its own lock held for good.
        var paths = StdioPaths.In(options.IoFolder(container.Id), exec.Id + "-", definition.AttachStdin, stdout: true, stderr: !definition.Tty);
        container.Execs[exec.Id] = new ManagedExec(exec, new ProcessIo(paths, definition.Tty));
        Publish(container, "exec_create: " + Told(definition.Command), ("execID", exec.Id));
        return Task.FromResult(exec);
    }

    /// <summary>The program, a space, its arguments: as Docker's events have it, also where there are none.</summary>
    private static string Told(IReadOnlyList<string> command) => $"{command[0]} {string.Join(' ', command.Skip(1))}";

    public ExecRecord FindExec(string execId) => FindManagedExec(execId).Exec.Record;

    public async Task<IContainerStreams> StartExecAsync(string execId, uint? height, uint? width, CancellationToken cancel)
    {
        var (container, exec) = FindManagedExec(execId);
        CheckActive(container, container.Id);
        if (!exec.TryStart())
            throw SkeinException.Conflict(exec.Record.Running ? $"exec {execId} is already running" : $"exec command {execId} has already run");
        var definition = exec.Record.Definition;
        try
        {
            var process = await ExecProcessAsync(container, definition, cancel);
            if (definition.Tty && height > 0 && width > 0)
                process = process with { ConsoleSize = new OciBox(height.Value, width.Value) };
            exec.Io.Open(poller, log: null);
            var streams = exec.Io.Attach(exec.Exited.Task, definition.AttachStdout || (definition.Tty && definition.AttachStderr), definition.AttachStderr);
            await container.ExecStart.WaitAsync(cancel);
            try
            {
                // It may have been paused while this one waited. Whoever leaves now leaves the shim at work, which the next in turn must not meet.
                CheckActive(container, container.Id);
                await StartProcessAsync(container, exec, process, CancellationToken.None);
            }
            finally
            {
                container.ExecStart.Release();
            }
            Publish(container, "exec_start: " + Told(definition.Command), ("execID", execId));
            _ = WatchExecAsync(container, exec);
            return streams;
        }
        catch (Exception error)
        {
            throw await AbandonExecAsync(container, exec, error);
        }
    }

    public async Task ResizeExecAsync(string execId, uint height, uint width, CancellationToken cancel)
    {
        var (container, exec) = FindManagedExec(execId);
        // A client tells its window's size as soon as it has asked for the start.
        if (!await EndedWithinAsync(exec.Begun.Task, BeginPatience, cancel) || !exec.Record.Running)
            throw SkeinException.Conflict($"exec {execId} is not running");
        await containerd.Tasks.ResizePtyAsync(
            new() { ContainerId = container.Id, ExecId = execId, Height = height, Width = width }, cancellationToken: cancel);
    }

    public async Task KillExecAsync(string execId, CancellationToken cancel)
    {
        var (container, exec) = FindManagedExec(execId);
        if (!exec.Record.Running)
            return;
        await IgnoreMissingAsync(async () => await containerd.Tasks.KillAsync(
            new() { ContainerId = container.Id, ExecId = execId, Signal = Signals.Kill }, cancellationToken: cancel));
    }

    private async Task StartProcessAsync(ManagedContainer container, ManagedExec exec, OciProcess process, CancellationToken cancel)
    {
        var execId = exec.Record.Id;
        var json = JsonSerializer.SerializeToUtf8Bytes(process, OciJson.Default.OciProcess);
        await containerd.Tasks.ExecAsync(
            new()
            {
                ContainerId = container.Id,
                ExecId = execId,
                Stdin = exec.Io.Paths.Stdin,
                Stdout = exec.Io.Paths.Stdout,
                Stderr = exec.Io.Paths.Stderr,
                Terminal = process.Terminal,
                Spec = new() { TypeUrl = ProcessType, Value = UnsafeByteOperations.UnsafeWrap(json) },
            },
            cancellationToken: cancel);
        var started = await containerd.Tasks.StartAsync(new() { ContainerId = container.Id, ExecId = execId }, cancellationToken: cancel);
        exec.Record = exec.Record with { Running = true, Pid = started.Pid };
        exec.Begun.TrySetResult();
        exec.Io.Input?.Open(poller, exec.Io.Paths.Stdin, () => CloseInputAsync(container.Id, execId), time);
    }

    private async Task<OciProcess> ExecProcessAsync(ManagedContainer container, ExecDefinition definition, CancellationToken cancel)
    {
        var own = await ProcessOfAsync(container, cancel);
        var user = own.User;
        if (definition.User.Length > 0)
        {
            // The container's own files as they are now, read through its first process. Where its links lead is its own affair.
            using var root = ContainerProcesses.RootOf((int)container.Record.State.Pid, container.Id) ?? throw NotRunning(container);
            user = new UserDatabase(root.ReadText("etc/passwd", UserDatabase.BytesMax), root.ReadText("etc/group", UserDatabase.BytesMax)).Resolve(definition.User, []);
        }
        return specs.BuildExec(own, definition, user);
    }

    /// <summary>That of its spec.</summary>
    private async Task<OciProcess> ProcessOfAsync(ManagedContainer container, CancellationToken cancel)
    {
        if (container.Process is not null) return container.Process;
        var found = await containerd.Containers.GetAsync(new() { Id = container.Id }, cancellationToken: cancel);
        return container.Process = JsonSerializer.Deserialize(found.Container.Spec.Value.Span, OciJson.Default.OciSpec)!.Process;
    }

    private async Task WatchExecAsync(ManagedContainer container, ManagedExec exec)
    {
        try
        {
            var (exitCode, _) = await WaitForExitAsync(container.Id, exec.Record.Id);
            await exec.Io.EndAsync(DrainPatience, time);
            EndExec(exec, exitCode);
            Publish(container, "exec_die", ("execID", exec.Record.Id), ("exitCode", Text(exitCode)));
            await DeleteProcessAsync(container.Id, exec.Record.Id);
        }
        catch (Exception error) when (!closing.IsCancellationRequested)
        {
            LogWatchFailed(container.Id, error);
            EndExec(exec, LostExitCode);
        }
        catch (Exception error) when (error is OperationCanceledException or RpcException or ObjectDisposedException)
        {
            exec.Exited.TrySetCanceled();
        }
    }

    private async Task<Exception> AbandonExecAsync(ManagedContainer container, ManagedExec exec, Exception cause)
    {
        await DeleteProcessAsync(container.Id, exec.Record.Id);
        await exec.Io.EndAsync(TimeSpan.Zero, time);
        var failure = StartFailure.Of(cause is RpcException refused ? refused.Status.Detail : cause.Message);
        // Docker says 126 of an exec that failed for any other reason, 128 of a container.
        EndExec(exec, failure.ExitCode == 127 ? 127 : 126);
        return cause switch
        {
            RpcException { StatusCode: StatusCode.Cancelled } => new OperationCanceledException("the caller left", cause),
            RpcException => failure.ToException(cause),
            _ => cause,
        };
    }

    private void EndExec(ManagedExec exec, int exitCode)
    {
        exec.Record = exec.Record with { Running = false, ExitCode = exitCode };
        exec.Ended = time.GetUtcNow();
        exec.Begun.TrySetResult();
        exec.Exited.TrySetResult(exitCode);
    }

    private async Task DeleteProcessAsync(string id, string execId)
    {
        try
        {
            await containerd.Tasks.DeleteProcessAsync(new() { ContainerId = id, ExecId = execId });
        }
        catch (RpcException error) when (IsOfRunning(error))
        {
            await EndProcessAsync(id, execId);
        }
        catch (RpcException)
        {
            // Gone with its container, or never made; the shim forgets it at the latest when the container ends.
        }
    }

    /// <summary>Its start was called off when containerd had begun with it: it runs, and nobody knows of it.</summary>
    private async Task EndProcessAsync(string id, string execId)
    {
        try
        {
            await EndAndDeleteProcessAsync(id, execId);
        }
        catch (RpcException)
        {
            // containerd is away: the shim forgets it at the latest when the container ends.
        }
    }

    private Task EndAndDeleteProcessAsync(string id, string execId) => IgnoreMissingAsync(async () =>
    {
        // One that has ended by itself waits to be deleted all the same.
        await IgnoreMissingAsync(async () => await containerd.Tasks.KillAsync(new() { ContainerId = id, ExecId = execId, Signal = Signals.Kill }));
        var deadline = (time.GetUtcNow() + KillPatience).UtcDateTime;
        await containerd.Tasks.WaitAsync(new() { ContainerId = id, ExecId = execId }, deadline: deadline, cancellationToken: closing.Token);
        await containerd.Tasks.DeleteProcessAsync(new() { ContainerId = id, ExecId = execId });
    });

    /// <summary>Whoever had started them left with the daemon before: nobody takes their output, which would hold them up for ever.</summary>
    private async Task EndLeftExecsAsync(string id)
    {
        foreach (var exec in StdioPaths.ExecsIn(options.IoFolder(id)))
        {
            try
            {
                await EndAndDeleteProcessAsync(id, exec.Key);
                foreach (var path in exec) File.Delete(path);
            }
            catch (RpcException error) when (error.StatusCode != StatusCode.Unavailable)
            {
                LogLeftBehind(id, error.Status.Detail);
            }
        }
    }

    private (ManagedContainer Container, ManagedExec Exec) FindManagedExec(string execId)
    {
        foreach (var container in containers.All)
        {
            if (container.Execs.TryGetValue(execId, out var exec))
                return (container, exec);
        }
        throw SkeinException.NotFound($"No such exec instance: {execId}");
    }

    private void ForgetOldExecs(ManagedContainer container)
    {
        foreach (var (execId, exec) in container.Execs)
        {
            if (exec.Ended is { } ended && time.GetUtcNow() - ended > ExecMemory)
                container.Execs.TryRemove(execId, out _);
        }
    }
}
