using Grpc.Core;
using Skein.Model;
using Skein.Model.Timing;

namespace Skein.Agent.Session;

/// <summary>One session with one manager, from Hello to its end.</summary>
/// <param name="welcomePatience">For connecting, which takes at most a second of it, and for the manager to store the registration.</param>
internal sealed class ManagerConversation(
    string nodeId,
    Hello hello,
    AssignmentState state,
    StatusOutbox outbox,
    RoleNews role,
    ManagerDirectory managers,
    TimeProvider time,
    TimeSpan welcomePatience,
    Action<Welcome> onWelcome,
    Action onAssigned,
    Action<LogSubscription, Dispatcher.DispatcherClient, CancellationToken> onLogs,
    Action<IEnumerable<string>> onDrained,
    Action<Dependencies> onDependencies,
    Func<long, CancellationToken, Task> whenProgrammed,
    NodeDescriptionChanges descriptions,
    OverlayAttachments? attachments)
{
    private const int MissedBeats = 3;
    private const int TicksPerBeat = 4;

    private readonly OwnLateness _late = new();
    private volatile BeatGaps _gaps = new();
    private readonly long _start = time.GetTimestamp();

    private readonly TaskCompletionSource _greeted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SemaphoreSlim _oneAtATime = new(1, 1);
    private readonly AssignmentAssembly _assembly = new();
    private readonly ProgrammedReport _programmed = new(whenProgrammed);
    private long _heard;
    private TimeSpan _period;
    private volatile TaskCompletionSource _newPeriod = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="leaving">Completes when the node leaves the swarm.</param>
    public async Task RunAsync(Dispatcher.DispatcherClient client, Task leaving, CancellationToken cancel)
    {
        Volatile.Write(ref _heard, Now.Ticks);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        using var call = client.Session(cancellationToken: ended.Token);
        // Not one after the other: the request's headers leave with the first message, and a host that is off takes none.
        await Sides.UntilOneEndsAsync(
            ended,
            BeatAsync(call.RequestStream, ended.Token),
            SayAsync(call.RequestStream, ended.Token),
            DescribeAsync(call.RequestStream, ended.Token),
            SayProgrammedAsync(call.RequestStream, ended.Token),
            ListenAsync(call.ResponseStream, client, ended.Token),
            SayRoleAsync(call.RequestStream, ended.Token),
            SayAttachmentsAsync(call.RequestStream, ended.Token),
            LeaveAsync(call.RequestStream, leaving, ended.Token));
    }

    private TimeSpan Now => time.GetElapsedTime(_start);

    private void Hear()
    {
        var (now, before) = (Now, new TimeSpan(Volatile.Read(ref _heard)));
        // Between Hello and Welcome the manager stores the registration, which is no gap between beats.
        if (_period > TimeSpan.Zero) _gaps.Note(now - before, now);
        Volatile.Write(ref _heard, now.Ticks);
    }

    private async Task SayAsync(IClientStreamWriter<NodeMessage> writer, CancellationToken cancel)
    {
        await SendAsync(writer, new() { Hello = hello }, cancel);
        _greeted.SetResult();
        while (true) await SendAsync(writer, new() { Statuses = await outbox.TakeAsync(cancel) }, cancel);
    }

    private async Task SayRoleAsync(IClientStreamWriter<NodeMessage> writer, CancellationToken cancel)
    {
        // A session begins as if it had the role: registering has wiped out what an earlier one said.
        var said = "";
        while (true)
        {
            said = await role.WaitOtherAsync(said, cancel);
            await SendAsync(writer, new() { Role = new() { Failure = said } }, cancel);
        }
    }

    private async Task SayAttachmentsAsync(IClientStreamWriter<NodeMessage> writer, CancellationToken cancel)
    {
        await _greeted.Task.WaitAsync(cancel);
        if (attachments?.Talk() is not { } talk) await Task.Delay(Timeout.InfiniteTimeSpan, time, cancel);
        else while (true) await SendAsync(writer, new() { Attachments = await talk.NextAsync(cancel) }, cancel);
    }

    private async Task DescribeAsync(IClientStreamWriter<NodeMessage> writer, CancellationToken cancel)
    {
        await _greeted.Task.WaitAsync(cancel);
        var told = hello.Description;
        while (true)
        {
            // Asked before the wait as well: something may have changed since Hello was written.
            var now = descriptions.Describe();
            if (!now.Equals(told)) await SendAsync(writer, new() { Description = told = now }, cancel);
            await descriptions.ChangedAsync(cancel);
        }
    }

    private async Task SayProgrammedAsync(IClientStreamWriter<NodeMessage> writer, CancellationToken cancel)
    {
        while (true) await SendAsync(writer, new() { Programmed = new() { Sequence = await _programmed.NextAsync(cancel) } }, cancel);
    }

    private async Task LeaveAsync(IClientStreamWriter<NodeMessage> writer, Task leaving, CancellationToken cancel)
    {
        await leaving.WaitAsync(cancel);
        await SendAsync(writer, new() { Leaving = new() }, cancel);
        await Task.Delay(Timeout.InfiniteTimeSpan, time, cancel);   // the manager ends the session
    }

    private async Task ListenAsync(IAsyncStreamReader<ManagerMessage> reader, Dispatcher.DispatcherClient client, CancellationToken cancel)
    {
        while (await reader.MoveNext(cancel))
        {
            Hear();
            var message = reader.Current;
            switch (message.MessageCase)
            {
                case ManagerMessage.MessageOneofCase.Welcome: Welcomed(message.Welcome); break;
                case ManagerMessage.MessageOneofCase.Assignments: Assigned(message.Assignments); break;
                case ManagerMessage.MessageOneofCase.Managers: managers.Set(message.Managers.Managers); break;
                case ManagerMessage.MessageOneofCase.Stored: outbox.Stored(message.Stored.TaskIds); break;
                case ManagerMessage.MessageOneofCase.Drained: onDrained(message.Drained.TaskIds); break;
                case ManagerMessage.MessageOneofCase.Dependencies: onDependencies(message.Dependencies); break;
                case ManagerMessage.MessageOneofCase.AttachmentRefused: attachments?.Refused(message.AttachmentRefused); break;
                case ManagerMessage.MessageOneofCase.Logs: onLogs(message.Logs, client, cancel); break;
            }
        }
    }

    private void Welcomed(Welcome welcome)
    {
        var period = TimeSpan.FromTicks(welcome.HeartbeatPeriod / 100);
        if (period != _period)
        {
            _period = period;
            _gaps = new();   // those of the old period say nothing
            _newPeriod.TrySetResult();
        }
        var known = state.Told;
        var local = new LocalNode(nodeId, hello.Vtep.Length > 0 ? hello.Vtep : hello.AdvertiseAddr, welcome.DataPathPort);
        if (known.Local != local) state.Publish(known with { Local = local });
        onWelcome(welcome);
    }

    private void Assigned(Assignments part)
    {
        if (_assembly.Take(part) is not { } change) return;
        var next = state.Told.Apply(change)
            ?? throw new InvalidDataException($"assignments {change.Sequence} do not follow on {state.Told.Sequence}");
        state.Publish(next);
        _programmed.Told(change.Sequence, state.Generation);
        onAssigned();
    }

    /// <summary>
    /// Beats, and ends the session when nothing came back for three of them. Silence counts only while it could be heard: a loop that
    /// is late by a whole period (a host that is starved, or slept) begins anew.
    /// </summary>
    private async Task BeatAsync(IClientStreamWriter<NodeMessage> writer, CancellationToken cancel)
    {
        for (var tick = 0; ; tick++)
        {
            var (period, changed) = (_period > TimeSpan.Zero ? _period : welcomePatience / MissedBeats, _newPeriod.Task);
            var before = Now;
            // A wait by the old period might outlast the manager's patience by the new one: that is beaten by at once.
            await changed.WaitAsync(period / TicksPerBeat, time, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancel.ThrowIfCancellationRequested();
            if (Now - before > period) Volatile.Write(ref _heard, Now.Ticks);
            else if (!changed.IsCompleted) _late.Note(period / TicksPerBeat, Now - before, Now);
            if (changed.IsCompleted)
            {
                _newPeriod = new(TaskCreationOptions.RunContinuationsAsynchronously);
                (period, tick) = (_period, 0);
            }
            var silence = Now - new TimeSpan(Volatile.Read(ref _heard));
            if (silence >= _gaps.PatienceAt(Now, period * MissedBeats) + _late.At(Now)) throw new TimeoutException($"nothing was heard for {silence.TotalSeconds:F1} s");
            // Not awaited: a peer that is off takes no bytes, and this loop is the one to notice.
            if (_period > TimeSpan.Zero && tick % TicksPerBeat == 0) _ = SendAsync(writer, new() { Beat = new() }, cancel);
        }
    }

    private async Task SendAsync(IClientStreamWriter<NodeMessage> writer, NodeMessage message, CancellationToken cancel)
    {
        await _oneAtATime.WaitAsync(cancel);
        try
        {
            await writer.WriteAsync(message, cancel);
        }
        finally
        {
            _oneAtATime.Release();
        }
    }
}
