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

    [Fact]
    public async Task A_report_holds_so_much_and_the_rest_goes_with_the_next()
    {
        for (var i = 0; i < 1000; i++) _outbox.Report($"t{i}", new() { State = TaskState.Failed, Err = new('x', 1000) });
        var told = 0;
        while (told < 1000)
        {
            var report = await _outbox.TakeAsync(Poll.Soon);
            Assert.InRange(report.CalculateSize(), 1, StatusOutbox.EnoughBytes);
            told += report.Updates.Count;
        }
    }

    [Fact]
    public async Task A_manager_that_does_not_answer_is_told_no_more_and_then_the_newest()
    {
        for (var i = 0; i < StatusOutbox.MostUnanswered; i++)
        {
            _outbox.Report($"t{i}", Status(TaskState.Running));
            await _outbox.TakeAsync(Poll.Soon);
        }
        _outbox.Report("t", Status(TaskState.Starting));
        var waiting = _outbox.TakeAsync(Poll.Soon);
        _outbox.Report("t", Status(TaskState.Running));
        Assert.False(waiting.IsCompleted);
        _outbox.Stored(["t0"]);
        Assert.Equal(TaskState.Running, Assert.Single((await waiting).Updates).Status.State);
    }

    private static SwarmTaskStatus Status(TaskState state) => new() { State = state };
}
