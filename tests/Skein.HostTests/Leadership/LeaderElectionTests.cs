using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Skein.HostTests.Store;
using Skein.Manager.Leadership;
using Skein.Manager.Store;
using Xunit;

namespace Skein.HostTests.Leadership;

public class LeaderElectionTests(ITestOutputHelper output)
{
    [Fact]
    public async Task One_of_three_leads_and_when_it_dies_with_its_etcd_another_does()
    {
        await using var members = await EtcdMembers.StartAsync(3);
        var terms = new BlockingCollection<LeaderTerm>();
        using var cancel = new CancellationTokenSource();
        var stops = members.All.Select(_ => CancellationTokenSource.CreateLinkedTokenSource(cancel.Token)).ToList();
        var runs = members.All.Select((member, i) => Run(member, terms, stops[i].Token, TimeProvider.System)).ToList();
        try
        {
            var first = Next(terms, "a first leader");
            var dead = members.All.ToList().FindIndex(member => member.Options.Name == first.ManagerId);

            var watch = Stopwatch.StartNew();
            await members[dead].KillAsync();   // its claim stands: it could not resign
            await stops[dead].CancelAsync();
            LeaderTerm second;
            do second = Next(terms, "a leader after the first one's death");
            while (second.ManagerId == first.ManagerId);   // on a busy machine it may have lost and regained its claim before

            output.WriteLine($"takeover after {watch.ElapsedMilliseconds} ms");
        }
        finally
        {
            await cancel.CancelAsync();
            await Task.WhenAll(runs);
        }
    }

    [Fact]
    public async Task A_leader_that_stops_in_order_gives_its_claim_back()
    {
        await using var members = await EtcdMembers.StartAsync(1);
        var terms = new BlockingCollection<LeaderTerm>();
        using var stop = new CancellationTokenSource();
        var run = Run(members[0], terms, stop.Token, EtcdMember.Unhurried);
        Next(terms, "m1 as leader");
        Assert.Equal("m1", (await members[0].Claim.ReadAsync(default))?.ManagerId);

        await stop.CancelAsync();
        await run;

        Assert.Null(await members[0].Claim.ReadAsync(default));
    }

    [Fact]
    public async Task A_manager_that_comes_back_takes_its_own_claim_over_without_waiting()
    {
        await using var members = await EtcdMembers.StartAsync(1);
        var old = (await members[0].Claim.TakeAsync("m1", null, default))!.Value;
        var terms = new BlockingCollection<LeaderTerm>();
        using var stop = new CancellationTokenSource();
        // Its clock stands still: whatever it waited for would never come.
        var run = Run(members[0], terms, stop.Token, EtcdMember.Unhurried);

        var term = Next(terms, "m1 again");

        Assert.True(term.KeyRevision > old.KeyRevision);
        await stop.CancelAsync();
        await run;
    }

    [Fact]
    public async Task A_clock_that_is_set_ahead_makes_nobody_less_patient()
    {
        await using var members = await EtcdMembers.StartAsync(1);
        await members[0].Claim.TakeAsync("silent", null, default);
        var terms = new BlockingCollection<LeaderTerm>();
        using var cancel = new CancellationTokenSource();
        var clock = new SettableClock();
        var watch = Stopwatch.StartNew();
        var run = Task.Run(() => Election(members[0], "m1", terms, clock).RunAsync(cancel.Token), CancellationToken.None);

        // The claim has been read: silence is counted from here.
        await clock.LookedAt(3).WaitAsync(Poll.Patience);
        clock.SetAhead(TimeSpan.FromSeconds(10));

        Next(terms, "m1 after the silent one");
        Assert.True(watch.ElapsedMilliseconds >= 1200, $"it was followed after {watch.Elapsed}");
        await cancel.CancelAsync();
        await run;
    }

    private sealed class SettableClock : TimeProvider
    {
        private readonly TaskCompletionSource _looked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _looks;
        private int _enough = int.MaxValue;
        private long _aheadTicks;

        public Task LookedAt(int times)
        {
            Volatile.Write(ref _enough, times);
            if (Volatile.Read(ref _looks) >= times) _looked.TrySetResult();
            return _looked.Task;
        }

        public void SetAhead(TimeSpan by) => Interlocked.Add(ref _aheadTicks, by.Ticks);

        public override DateTimeOffset GetUtcNow()
        {
            if (Interlocked.Increment(ref _looks) >= Volatile.Read(ref _enough)) _looked.TrySetResult();
            return base.GetUtcNow().AddTicks(Interlocked.Read(ref _aheadTicks));
        }
    }

    private static LeaderElection Election(EtcdMember member, string self, BlockingCollection<LeaderTerm> terms, TimeProvider time)
    {
        Task Lead(LeaderTerm term, CancellationToken cancel)
        {
            terms.Add(term, cancel);
            return Task.Delay(Timeout.Infinite, cancel);
        }
        return new(member.Client, self, Lead, new(time), time, NullLogger.Instance);
    }

    private static Task Run(EtcdMember member, BlockingCollection<LeaderTerm> terms, CancellationToken stop, TimeProvider time) =>
        Task.Run(() => Election(member, member.Options.Name, terms, time).RunAsync(stop), CancellationToken.None);

    private static LeaderTerm Next(BlockingCollection<LeaderTerm> terms, string what) =>
        terms.TryTake(out var term, Poll.Patience) ? term : throw new TimeoutException($"no {what} within {Poll.Patience}");
}
