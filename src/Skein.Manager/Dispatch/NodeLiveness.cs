using Grpc.Net.Client;
using Microsoft.Extensions.Logging;
using Skein.Manager.Store;
using Skein.Model.Specs;
using Skein.Model.Timing;

namespace Skein.Manager.Dispatch;

/// <summary>
/// Marks managers unreachable and the nodes of a dead manager down. Every manager watches, so that a new leader knows
/// already for how long the old one has been silent, and whether it answers; only the leader writes.
/// </summary>
/// <param name="openChannel">To another manager's ip:port; disposed here.</param>
public sealed partial class NodeLiveness(
    IStore store, string managerId, Func<string, GrpcChannel> openChannel, TimeProvider time, ILoggerFactory logs)
{
    private const int AskedInAPeriod = 4;

    private readonly ILogger _logger = logs.CreateLogger<NodeLiveness>();
    private readonly Lock _lock = new();
    private readonly ManagerWatch _watch = new(managerId);
    private readonly OwnLateness _late = new();
    private readonly long _start = time.GetTimestamp();

    /// <summary>Runs as long as this node is a manager.</summary>
    public async Task WatchAsync(CancellationToken cancel)
    {
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        await Sides.UntilOneEndsAsync(both, ObserveAsync(both.Token), AskAsync(both.Token));
    }

    private async Task ObserveAsync(CancellationToken cancel)
    {
        var snapshot = store.Current;
        while (true)
        {
            lock (_lock) _watch.Observe(snapshot, Now);
            snapshot = await store.WaitNewerAsync(snapshot.Revision, cancel);
        }
    }

    private async Task AskAsync(CancellationToken cancel)
    {
        using var questions = new ManagerQuestions(openChannel, time);
        while (true)
        {
            var seen = store.Current;
            var period = ClusterDefaults.HeartbeatPeriodOf(seen.Cluster);
            var asked = Now;
            IReadOnlyList<string> late;
            lock (_lock) late = _watch.ToAsk(asked, period);
            questions.Ask(
                late.Select(id => (Id: id, Addr: seen.Nodes.Find(id)?.ManagerStatus?.Addr ?? "")).Where(m => m.Addr.Length > 0).ToDictionary(m => m.Id, m => m.Addr, StringComparer.Ordinal),
                (id, answer) => { lock (_lock) _watch.Answered(id, answer.NodeIds, asked); },
                cancel);
            await Task.Delay(period / AskedInAPeriod, time, cancel);
        }
    }

    /// <summary>Runs until the term is over or the token is cancelled, and then just returns, as every loop of the leader.</summary>
    public async Task RunAsync(LeaderTerm term, CancellationToken cancel)
    {
        try
        {
            while (await JudgeAsync(term, cancel))
            {
                var (began, pause) = (Now, ClusterDefaults.HeartbeatPeriodOf(store.Current.Cluster) / 5);
                await Task.Delay(pause, time, cancel);
                _late.Note(pause, Now - began, Now);
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // The manager stops.
        }
    }

    /// <summary>False when the term is over.</summary>
    private async Task<bool> JudgeAsync(LeaderTerm term, CancellationToken cancel)
    {
        try
        {
            await WriteVerdictsAsync(term, cancel);
        }
        catch (NotLeaderException)
        {
            return false;
        }
        catch (Exception e) when (!cancel.IsCancellationRequested)
        {
            // A conflict as well: the next round judges by what is newer.
            LogNotWritten(e.Message);
        }
        return true;
    }

    private TimeSpan Now => time.GetElapsedTime(_start);

    private async Task WriteVerdictsAsync(LeaderTerm term, CancellationToken cancel)
    {
        var seen = store.Current;
        var changes = new Changes();
        lock (_lock)
        {
            _watch.Observe(seen, Now);
            foreach (var node in _watch.Verdicts(seen, Now, _late.At(Now), time.GetUtcNow()))
            {
                LogVerdict(node.Id, node.Status?.State.ToString() ?? "", node.ManagerStatus?.Reachability.ToString() ?? "");
                changes.Put(node);
            }
            foreach (var id in _watch.Leftovers(seen))
            {
                changes.Delete(ObjectKind.ManagerBeat, id);
                changes.Delete(ObjectKind.DrainProgress, id);
            }
        }
        if (!changes.IsEmpty) await store.CommitAsync(changes, term, cancel);
    }

    [LoggerMessage(2421, LogLevel.Information, "node {Node} is {State} {Reachability}, by the beats of its manager")]
    private partial void LogVerdict(string node, string state, string reachability);

    [LoggerMessage(2422, LogLevel.Warning, "state of nodes could not be written: {Reason}")]
    private partial void LogNotWritten(string reason);
}
