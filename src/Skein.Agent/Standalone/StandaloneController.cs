using Grpc.Core;
using Microsoft.Extensions.Logging;
using Skein.Agent.Containers;
using Skein.Agent.Containers.Life;
using Skein.Model;
using ContainerStatus = Skein.Agent.Containers.ContainerStatus;

namespace Skein.Agent.Standalone;

/// <summary>The shell around <see cref="ContainerMachine"/> for one container of a user.</summary>
/// <remarks>Lock order: <see cref="_one"/>, then <see cref="_noting"/>.</remarks>
internal sealed partial class StandaloneController(StandaloneParts parts, ContainerRecord record, CancellationToken daemon)
{
    // Held while it is started, while its legs change, and while what follows from its end is done; not while it runs.
    private readonly SemaphoreSlim _one = new(1);
    private readonly Patience _patience = new();
    private readonly Lock _noting = new();
    private readonly ILogger _logger = parts.Logger;
    private ContainerLife _life = new(record.Definition.Standalone.Restart, record.Definition.Standalone.AutoRemove)
    {
        RestartCount = record.RestartCount,
        StoppedByUser = record.StoppedByUser,
    };

    // What is to follow the end of the run, from the moment that it is known.
    private ContainerLifeCommand? _decided;

    /// <summary>Completes when the run that is has ended, and what belonged to it is gone.</summary>
    private volatile Task _run = Task.CompletedTask;

    private string Id { get; } = record.Id;

    private ContainerDefinition Definition => parts.Engine.Find(Id).Definition;

    /// <summary>What the daemon before left of it. Starts nothing yet.</summary>
    /// <returns>What is to be done next.</returns>
    public ContainerLifeCommand TakeUp()
    {
        var state = record.State;
        if (state.IsRunning)
        {
            Note(new ContainerLifeEvent.FoundRunning());
            _run = WatchAsync();
            return ContainerLifeCommand.None;
        }
        // Its removal failed, and it can only be removed again.
        if (state.Status == ContainerStatus.Dead) return ContainerLifeCommand.None;
        return Note(new ContainerLifeEvent.FoundEnded(state.ExitCode, record.EndedUnseen, state.StartedAt is not null, state.Status == ContainerStatus.Restarting));
    }

    /// <summary>What TakeUp said; its faults are told to the log alone.</summary>
    public async Task GoOnAsync(ContainerLifeCommand command)
    {
        using var held = await HoldAsync();
        await FollowAsync(command);
        try
        {
            // Only now: a daemon that dies before leaves the decision to the next.
            await KeepAsync();
        }
        catch (Exception error) when (!daemon.IsCancellationRequested)
        {
            LogFailed(error, Id);
        }
    }

    public async Task StartAsync()
    {
        while (!await IsStartedAsync()) await _run;
    }

    /// <returns>false while what belonged to its last run is not gone yet.</returns>
    private async Task<bool> IsStartedAsync()
    {
        using var held = await HoldAsync();
        if (!_run.IsCompleted && !IsUp) return false;
        await ActAsync(Note(new ContainerLifeEvent.StartAsked()));
        return true;
    }

    /// <summary>Its process has ended: what the container is from now on. What follows from that is done by who watches the run.</summary>
    public ContainerStanding Ended(int exitCode, TimeSpan ran)
    {
        lock (_noting)
        {
            (_life, _decided) = ContainerMachine.Step(_life, new ContainerLifeEvent.Exited(exitCode, ran));
            return StandingOf(_life);
        }
    }

    /// <param name="grace">null = its own.</param>
    public async Task StopAsync(TimeSpan? grace, string? signal, CancellationToken cancel)
    {
        await EndPauseAsync();
        await parts.Engine.StopAsync(Id, grace, signal, cancel);
        await _run.WaitAsync(cancel);
    }

    public async Task RestartAsync(TimeSpan? grace, string? signal, CancellationToken cancel)
    {
        // It is not to go in between.
        var goes = Change(life => life with { AutoRemove = false }).AutoRemove;
        try
        {
            await StopAsync(grace, signal, cancel);
        }
        finally
        {
            Change(life => life with { AutoRemove = goes });
        }
        await StartAsync();
        parts.Engine.Announce(Id, "restart");
    }

    public async Task KillAsync(string signal, CancellationToken cancel)
    {
        if (parts.Engine.Ends(Id, signal)) await EndPauseAsync();
        await parts.Engine.KillAsync(Id, signal, cancel);
    }

    public async Task RemoveAsync(bool force, bool volumesToo, CancellationToken cancel)
    {
        if (force) await EndPauseAsync();
        else if (_life.Phase == ContainerPhase.Waiting)
            throw SkeinException.Conflict($"cannot remove container \"/{Definition.Name}\": container is restarting: stop the container before removing or force remove");
        await parts.Engine.RemoveAsync(Id, force, volumesToo, cancel);
        // For good: nothing of it is worth waiting for.
        _patience.End();
        await _run;
        await parts.Networks.DetachAsync(Id, returns: false, CancellationToken.None);
    }

    public async Task RenameAsync(string name, CancellationToken cancel)
    {
        using var held = await HoldAsync();
        await parts.Engine.RenameAsync(Id, name, cancel);
        await parts.Networks.RenameAsync(Definition, cancel);
    }

    public async Task ConnectAsync(StandaloneEndpoint endpoint, CancellationToken cancel)
    {
        using var held = await HoldAsync();
        await parts.Connections.ConnectAsync(Id, endpoint, _patience.Token, cancel);
    }

    public async Task DisconnectAsync(string network, CancellationToken cancel)
    {
        using var held = await HoldAsync();
        await parts.Connections.DisconnectAsync(Id, network, cancel);
    }

    private bool IsUp => parts.Engine.Find(Id).State.IsRunning;

    public void ChangePolicy(ContainerRestartPolicy? policy) => Note(new ContainerLifeEvent.PolicyChanged(policy));

    /// <summary>A user wants it to end; while it waits for its next start it has ended with this. A start that is under way is waited for, unless that waits for others.</summary>
    private async Task EndPauseAsync()
    {
        using var held = await HoldToEndAsync();
        var waited = _life.Phase == ContainerPhase.Waiting;
        var command = Note(new ContainerLifeEvent.StopAsked());
        // The swarm kept its addresses for it.
        if (waited) await parts.Networks.DetachAsync(Id, returns: false, daemon);
        await KeepAsync();
        await FollowAsync(command);
    }

    /// <summary>Does what the machine wants; a start that fails is told to the caller, after what follows from it.</summary>
    private async Task ActAsync(ContainerLifeCommand command)
    {
        switch (command)
        {
            case ContainerLifeCommand.Start:
                await BeginAsync();
                break;
            case ContainerLifeCommand.Wait:
                _ = PauseAsync(_life.Pause);
                break;
            case ContainerLifeCommand.Remove:
                await VanishAsync();
                break;
        }
    }

    /// <summary>The same, where nobody waits for it.</summary>
    private async Task FollowAsync(ContainerLifeCommand command)
    {
        try
        {
            await ActAsync(command);
        }
        catch (Exception error) when (!daemon.IsCancellationRequested)
        {
            LogFailed(error, Id);
        }
        catch (OperationCanceledException)
        {
            // The daemon ends; its successor goes on.
        }
    }

    private async Task BeginAsync()
    {
        try
        {
            var definition = Definition;
            var variables = await AttachAsync(definition);
            await parts.Engine.StartAsync(Id, variables, daemon);
        }
        catch (Exception error) when (!daemon.IsCancellationRequested)
        {
            var next = Note(new ContainerLifeEvent.StartFailed(IsPassing(error)));
            await parts.Networks.DetachAsync(Id, next == ContainerLifeCommand.Wait, daemon);
            await KeepAsync();
            await FollowAsync(next);
            throw;
        }
        Note(new ContainerLifeEvent.Started());
        await KeepAsync();
        _run = WatchAsync();
    }

    /// <returns>The variables of its links.</returns>
    private async Task<IReadOnlyList<string>> AttachAsync(ContainerDefinition definition)
    {
        try
        {
            var variables = parts.Links.VariablesOf(definition);
            await parts.Networks.AttachAsync(definition, _patience.Token, daemon);
            if (parts.Networks.TryNameNetworks(definition) is { } named) await parts.Engine.RedefineAsync(named, daemon);
            return variables;
        }
        catch (Exception error) when (!daemon.IsCancellationRequested)
        {
            await parts.Engine.NoteFailedStartAsync(Id, error.Message, daemon);
            throw;
        }
    }

    private async Task WatchAsync()
    {
        try
        {
            var code = await parts.Engine.WaitAsync(Id, daemon);
            using var held = await HoldToEndAsync();
            var next = await DecidedAsync(code);
            await parts.Networks.DetachAsync(Id, next == ContainerLifeCommand.Wait, daemon);
            await FollowAsync(next);
        }
        catch (SkeinException gone) when (gone.Kind == ErrorKind.NotFound)
        {
            // It was removed, and with it all that is to be done about its end.
        }
        catch (Exception error) when (!daemon.IsCancellationRequested)
        {
            LogFailed(error, Id);
        }
        catch (OperationCanceledException)
        {
            // The daemon ends; its successor takes it up.
        }
    }

    private async Task<ContainerLifeCommand> DecidedAsync(int exitCode)
    {
        lock (_noting)
        {
            if (_decided is { } decided)
            {
                _decided = null;
                return decided;
            }
        }
        // It ended when the engine had taken it up, and nobody else had.
        var next = Note(new ContainerLifeEvent.Exited(exitCode, TimeSpan.Zero));
        await KeepAsync();
        return next;
    }

    private async Task PauseAsync(TimeSpan pause)
    {
        try
        {
            await Task.Delay(pause, parts.Time, daemon);
            using var held = await HoldAsync();
            await FollowAsync(Note(new ContainerLifeEvent.PauseOver()));
        }
        catch (OperationCanceledException)
        {
            // The next daemon finds that it waits.
        }
    }

    private async Task VanishAsync()
    {
        try
        {
            await parts.Engine.RemoveAsync(Id, force: true, volumesToo: true, daemon);
        }
        catch (SkeinException error) when (error.Kind is ErrorKind.NotFound or ErrorKind.Conflict)
        {
            // Another hand removes it just now.
        }
        parts.Gone(Id);
    }

    /// <summary>Written down, for the next daemon and for who looks.</summary>
    private async Task KeepAsync()
    {
        try
        {
            await parts.Engine.NoteLifeAsync(Id, StandingOf(_life), daemon);
        }
        catch (SkeinException gone) when (gone.Kind == ErrorKind.NotFound)
        {
            // Nobody asks any more.
        }
    }

    private static ContainerStanding StandingOf(ContainerLife life) => new(life.Phase == ContainerPhase.Waiting, life.RestartCount, life.StoppedByUser);

    private ContainerLifeCommand Note(ContainerLifeEvent happened)
    {
        lock (_noting)
        {
            (_life, var command) = ContainerMachine.Step(_life, happened);
            return command;
        }
    }

    /// <returns>The life before.</returns>
    private ContainerLife Change(Func<ContainerLife, ContainerLife> change)
    {
        lock (_noting)
        {
            var before = _life;
            _life = change(before);
            return before;
        }
    }

    private async Task<IDisposable> HoldAsync()
    {
        await _one.WaitAsync(daemon);
        return new Held(_one);
    }

    private async Task<IDisposable> HoldToEndAsync()
    {
        using (_patience.End()) return await HoldAsync();
    }

    // What it needs of another container, of a network or of containerd may be there later.
    private static bool IsPassing(Exception error) => error is SkeinException { Kind: ErrorKind.Unavailable or ErrorKind.Conflict } or SkeinException { Passing: true } or RpcException { StatusCode: StatusCode.Unavailable };

    private sealed class Held(SemaphoreSlim gate) : IDisposable
    {
        public void Dispose() => gate.Release();
    }

    [LoggerMessage(3401, LogLevel.Warning, "Container {Id}: what its life asks for failed")]
    private partial void LogFailed(Exception reason, string id);
}
