using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Logging.Abstractions;
using Skein.Manager.Dispatch;
using Skein.Manager.Store;
using Skein.Model;
using Skein.Tests.Store;
using Xunit;
using static Skein.Tests.Dispatch.SwarmSketch;

namespace Skein.Tests.Dispatch;

public class TaskStatusMergeTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch.AddYears(50);

    [Theory]
    [InlineData(TaskState.Starting, TaskState.Running, TaskState.Running)]
    [InlineData(TaskState.Running, TaskState.Starting, TaskState.Running)]
    [InlineData(TaskState.Running, TaskState.Failed, TaskState.Failed)]
    [InlineData(TaskState.Failed, TaskState.Shutdown, TaskState.Failed)]
    [InlineData(TaskState.Orphaned, TaskState.Running, TaskState.Orphaned)]
    public void Only_forward(TaskState stored, TaskState reported, TaskState expected)
    {
        var store = new MemoryStore();
        store.Commit(c => c.Put(Task("t", "n1", stored)));
        var changes = TaskStatusMerge.Apply(store.Current, [new("n1", "t", new() { State = reported })], Now);
        Assert.Equal(expected, (changes.All.SingleOrDefault()?.Object as SwarmTask ?? store.Current.Tasks.Find("t")!).Status.State);
    }

    [Fact]
    public void Nobody_reports_on_anothers_task()
    {
        var store = new MemoryStore();
        store.Commit(c => c.Put(Task("t", "n1")));
        Assert.True(TaskStatusMerge.Apply(store.Current, [new("n2", "t", new() { State = TaskState.Failed })], Now).IsEmpty);
        Assert.True(TaskStatusMerge.Apply(store.Current, [new("n1", "gone", new() { State = TaskState.Failed })], Now).IsEmpty);
    }

    [Fact]
    public void Within_a_state_the_newer_report_counts()
    {
        var store = new MemoryStore();
        var task = Task("t", "n1", TaskState.Running);
        task.Status.Timestamp = Now.ToTimestamp();
        store.Commit(c => c.Put(task));
        Assert.True(TaskStatusMerge.Apply(store.Current, [new("n1", "t", Running(Now.AddSeconds(-1)))], Now).IsEmpty);
        Assert.False(TaskStatusMerge.Apply(store.Current, [new("n1", "t", Running(Now.AddSeconds(1)))], Now).IsEmpty);

        static SwarmTaskStatus Running(DateTimeOffset at) => new() { State = TaskState.Running, Healthy = true, Timestamp = at.ToTimestamp() };
    }

    [Fact]
    public void Within_a_state_since_when_it_is_in_it_does_not_order_reports()
    {
        var store = new MemoryStore();
        var task = Task("t", "n1", TaskState.Running);
        (task.Status.Timestamp, task.Status.ReportedAt) = (Now.ToTimestamp(), Now.AddMinutes(2).ToTimestamp());
        store.Commit(c => c.Put(task));
        Assert.True(TaskStatusMerge.Apply(store.Current, [new("n1", "t", Running(Now.AddMinutes(1)))], Now).IsEmpty);
        Assert.False(TaskStatusMerge.Apply(store.Current, [new("n1", "t", Running(Now.AddMinutes(3)))], Now).IsEmpty);

        static SwarmTaskStatus Running(DateTimeOffset at) => new() { State = TaskState.Running, Timestamp = Now.ToTimestamp(), ReportedAt = at.ToTimestamp() };
    }

    [Fact]
    public void What_a_daemon_that_came_back_says_anew_has_not_begun_anew()
    {
        var store = new MemoryStore();
        var task = Task("t", "n1", TaskState.Running);
        (task.Status.Timestamp, task.Status.ReportedAt) = (Now.ToTimestamp(), Now.ToTimestamp());
        store.Commit(c => c.Put(task));
        var (again, ended) = (Now.AddHours(1).ToTimestamp(), Now.AddHours(2).ToTimestamp());

        var found = Merged(new() { State = TaskState.Running, Timestamp = again, ReportedAt = again });
        Assert.Equal((Now.ToTimestamp(), again), (found.Timestamp, found.ReportedAt));
        Assert.Equal(ended, Merged(new() { State = TaskState.Failed, Timestamp = ended, ReportedAt = ended }).Timestamp);

        SwarmTaskStatus Merged(SwarmTaskStatus report) =>
            ((SwarmTask)TaskStatusMerge.Apply(store.Current, [new("n1", "t", report)], Now).All.Single().Object!).Status;
    }

    [Fact]
    public async Task A_burst_is_one_commit_and_a_conflict_is_merged_again()
    {
        var store = new MemoryStore();
        store.Commit(c =>
        {
            for (var i = 0; i < 50; i++) c.Put(Task($"t{i}", "n1"));
        });
        var writer = new TaskStatusWriter(store, new(TimeProvider.System, NullLogger.Instance), TimeProvider.System, NullLogger.Instance);
        var written = Enumerable.Range(0, 50).Select(i => writer.WriteAsync([new("n1", $"t{i}", new() { State = TaskState.Running })], default)).ToList();
        var interfered = false;
        store.BeforeCommit = _ =>
        {
            if (interfered) return;
            interfered = true;
            store.Change("t7", t => t.DesiredState = TaskState.Shutdown);
        };
        var before = store.Commits.Count;
        using var stop = new CancellationTokenSource();
        var running = writer.RunAsync(stop.Token);
        await System.Threading.Tasks.Task.WhenAll(written).WaitAsync(Poll.Patience);
        await stop.CancelAsync();
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);

        Assert.Equal(2, store.Commits.Count - before);
        Assert.All(store.Current.Tasks.All, t => Assert.Equal(TaskState.Running, t.Status.State));
        Assert.Equal(TaskState.Shutdown, store.Current.Tasks.Find("t7")!.DesiredState);
    }

    [Fact]
    public async Task A_node_that_reports_on_large_tasks_all_at_once_is_written_in_parts()
    {
        var store = new MemoryStore();
        store.Commit(c =>
        {
            for (var i = 0; i < 400; i++)
            {
                var task = Task($"t{i}", "n1");
                task.Spec = new() { Container = new() { Env = { "TABLE=" + new string('x', 100_000) } } };
                c.Put(task);
            }
        });
        var before = store.Commits.Count;
        var writer = new TaskStatusWriter(store, new(TimeProvider.System, NullLogger.Instance), TimeProvider.System, NullLogger.Instance);
        using var stop = new CancellationTokenSource();
        var running = writer.RunAsync(stop.Token);
        await writer.WriteAsync([.. Enumerable.Range(0, 400).Select(i => new NodeTaskStatus("n1", $"t{i}", new() { State = TaskState.Running }))], default)
            .WaitAsync(Poll.Patience);
        await stop.CancelAsync();
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);

        Assert.All(store.Current.Tasks.All, t => Assert.Equal(TaskState.Running, t.Status.State));
        Assert.InRange(store.Commits.Skip(before).Max(c => c.Sum(o => o.Object!.CalculateSize())), 1 << 20, 32 << 20);
    }
}
