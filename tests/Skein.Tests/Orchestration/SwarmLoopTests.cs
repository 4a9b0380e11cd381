using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Skein.Manager.Orchestration;
using Skein.Manager.Store;
using Skein.Model;
using Skein.Tests.Store;
using Skein.Tests.Tasks;
using Xunit;

namespace Skein.Tests.Orchestration;

/// <summary>The shell around the planner: when it looks, what it does about failures, how it ends.</summary>
public sealed class SwarmLoopTests : IDisposable
{
    private static readonly LeaderTerm Term = new("m1", 1);

    private readonly FakeTimeProvider _time = new(SwarmWorld.Start);
    private readonly SwarmWorld _swarm = new(nodes: 2);
    private readonly SeenLog _log = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;

    public SwarmLoopTests()
    {
        _swarm.Store.SetLeader(Term);
        _running = new SwarmLoop(_swarm.Store, _time, new CountedIds(), _log.CreateLogger<SwarmLoop>()).RunAsync(Term, _stop.Token);
    }

    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
        _log.Dispose();
    }

    [Fact]
    public async Task It_reacts_to_what_is_new_without_time_passing()
    {
        _swarm.AddService("web", 2);
        await Until("two tasks assigned", () => _swarm.Tasks.Count(t => t.Status.State == TaskState.Assigned) == 2);
    }

    [Fact]
    public async Task It_wakes_when_something_falls_due()
    {
        _swarm.AddService("web", 1);
        await Until("t1 assigned", () => _swarm.TaskOf("t1")?.Status.State == TaskState.Assigned);
        _swarm.Report("t1", TaskState.Failed);
        await Until("t2 prepared", () => _swarm.TaskOf("t2")?.DesiredState == TaskState.Ready);
        await Until("t2 started after the delay", () => _swarm.TaskOf("t2")?.DesiredState == TaskState.Running, TimeSpan.FromSeconds(1));
        Assert.True(_time.GetUtcNow() >= SwarmWorld.Start.AddSeconds(5), $"it started at {_time.GetUtcNow():O}");
    }

    [Fact]
    public async Task The_beats_of_the_managers_do_not_keep_it_from_what_is_new()
    {
        for (var i = 0ul; i < 5; i++)
        {
            var beat = _swarm.Current.ManagerBeats.Find("m1")?.Clone() ?? new ManagerBeat { Id = "m1" };
            beat.Count = i;
            _swarm.Store.Commit(c => c.Put(beat));
            await Task.Yield();
        }
        _swarm.AddService("web", 1);
        await Until("the task assigned", () => _swarm.Tasks.Any(t => t.Status.State == TaskState.Assigned));
    }

    [Fact]
    public async Task Overtaken_by_another_write_it_plans_again()
    {
        var overtaken = 0;
        _swarm.Store.BeforeCommit = changes =>
        {
            if (changes.All.Any(c => c.Kind == ObjectKind.Task) && Interlocked.Increment(ref overtaken) == 1)
                _swarm.Store.Commit(c => c.Put(new Fence { Id = "someone", Count = 1 }));
            if (overtaken == 1 && changes.All.Any(c => c.Kind == ObjectKind.Task)) throw new SequenceConflictException();
        };
        _swarm.AddService("web", 1);
        await Until("the task written at the second try", () => _swarm.Tasks.Any(t => t.Status.State == TaskState.Assigned));
        Assert.Equal(2, overtaken);
    }

    [Fact]
    public async Task A_failing_store_is_tried_again_and_does_not_end_it()
    {
        var tries = 0;
        _swarm.Store.BeforeCommit = changes =>
        {
            if (changes.All.Any(c => c.Kind == ObjectKind.Task) && Interlocked.Increment(ref tries) <= 3) throw new InvalidOperationException("no quorum");
        };
        _swarm.AddService("web", 1);
        await Until("the task written after three failures", () => _swarm.Tasks.Any(), TimeSpan.FromMilliseconds(100));
        Assert.False(_running.IsCompleted);
    }

    [Fact]
    public async Task A_service_that_cannot_be_planned_holds_up_no_other_until_it_can()
    {
        var broken = new SwarmWorld().AddService("broken", null, s => s.ReplicatedJob = new() { TotalCompletions = 1, MaxConcurrent = 1 }).Clone();
        (broken.JobStatus, broken.Meta) = (null, null);
        _swarm.Store.Commit(c => c.Put(broken));
        _swarm.AddService("web", 2);
        await Until("two tasks assigned", () => _swarm.Tasks.Count(t => t is { ServiceId: "web", Status.State: TaskState.Assigned }) == 2);
        Assert.Single(_log.Lines, line => line.Text.StartsWith("service broken cannot be planned", StringComparison.Ordinal));

        _swarm.Update("broken", _ => { });
        await Until("its task assigned", () => _swarm.Tasks.Any(t => t is { ServiceId: "broken", Status.State: TaskState.Assigned }));
        Assert.Contains(_log.Lines, line => line.Text == "service broken is planned again");
    }

    [Fact]
    public async Task Deposed_it_writes_nothing_more_and_ends()
    {
        _swarm.Store.SetLeader(new("m2", 2));
        _swarm.AddService("web", 1);
        await _running.WaitAsync(Poll.Patience);
        Assert.Empty(_swarm.Tasks);
    }

    [Fact]
    public async Task Cancelled_it_returns()
    {
        await _stop.CancelAsync();
        await _running.WaitAsync(Poll.Patience);
    }

    /// <summary>Waits for a condition, letting virtual time pass in steps if a step is given.</summary>
    private Task Until(string what, Func<bool> condition, TimeSpan? step = null)
    {
        return Poll.UntilAsync(what, () =>
        {
            if (condition()) return true;
            if (step is { } span) _time.Advance(span);
            return false;
        }, () => _swarm.Ps("web"));
    }
}
