using Skein.Agent.Session;
using Skein.Model;
using Xunit;

namespace Skein.Tests.Session;

public class StatusOutboxTests
{
    private readonly StatusOutbox _outbox = new();

    [Fact]
    public async Task A_newer_status_survives_the_answer_to_the_older()
    {
        _outbox.Report("t", Status(TaskState.Starting));
        await _outbox.TakeAsync(default);
        _outbox.Report("t", Status(TaskState.Running));
        var second = await _outbox.TakeAsync(default);
        _outbox.Stored(["t"]);
        Assert.Equal(TaskState.Running, Assert.Single(_outbox.Undelivered()).Status.State);
        Assert.Equal(TaskState.Running, Assert.Single(second.Updates).Status.State);
        _outbox.Stored(["t"]);
        Assert.Empty(_outbox.Undelivered());
    }

    [Fact]
    public async Task What_was_not_confirmed_is_sent_again_in_the_next_session()
    {
        _outbox.Report("t", Status(TaskState.Failed));
        await _outbox.TakeAsync(default);
        var waiting = _outbox.TakeAsync(default);
        Assert.False(waiting.IsCompleted);
        _outbox.Reset();
        Assert.Equal("t", Assert.Single((await waiting.WaitAsync(Poll.Patience)).Updates).TaskId);
    }

    private static SwarmTaskStatus Status(TaskState state) => new() { State = state };
}
