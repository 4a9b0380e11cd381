using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Skein.Manager.Store;
using Skein.Model.Timing;

namespace Skein.Manager.Dispatch;

/// <summary>
/// The shell around <see cref="DrainBarrier"/>: looks whenever the store changes or a node has answered, tells nodes which of their
/// tasks are drained, and writes what other managers wait for. While nothing drains it costs a comparison a change.
/// </summary>
internal sealed partial class DrainWatch(IStore store, string managerId, AssignmentIndexCache indexes, TimeProvider time, ILogger logger)
{
    /// <summary>A thousand nodes answer a change within milliseconds of each other; they are looked at together.</summary>
    private static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(3);

    private readonly ConcurrentDictionary<string, NodeDrains> _nodes = new(StringComparer.Ordinal);
    private readonly Channel<bool> _news = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>
    /// The node's session begins. What is known of a node stays when its session ends, until the next one: it balances as it did, and
    /// holds the barrier until it is back or known to be down.
    /// </summary>
    public NodeDrains Open(string nodeId) => _nodes.AddOrUpdate(
        nodeId,
        _ => new(NodeProgress.Nothing, Notice),
        (_, before) => new(before.Progress.Anew(), Notice));

    public async Task RunAsync(CancellationToken cancel)
    {
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        await Sides.UntilOneEndsAsync(both, FollowStoreAsync(both.Token), FollowNewsAsync(both.Token));
    }

    private async Task FollowNewsAsync(CancellationToken cancel)
    {
        while (await _news.Reader.WaitToReadAsync(cancel))
        {
            _news.Reader.TryRead(out _);
            var index = indexes.For(store.Current);
            foreach (var gone in _nodes.Keys.Where(id => index.Snapshot.Nodes.Find(id) is null)) _nodes.TryRemove(gone, out _);
            if (!index.Draining.IsEmpty) await LookAsync(index, cancel);
        }
    }

    private void Notice() => _news.Writer.TryWrite(true);

    private async Task FollowStoreAsync(CancellationToken cancel)
    {
        for (var seen = store.Current; ; seen = await store.WaitNewerAsync(seen.Revision, cancel)) Notice();
    }

    private async Task LookAsync(AssignmentIndex index, CancellationToken cancel)
    {
        var barrier = new DrainBarrier(index, managerId, id => _nodes.TryGetValue(id, out var node) ? node.Progress.Confirmed : 0);
        foreach (var tasks in barrier.Drained().GroupBy(t => t.NodeId, t => t.Id, StringComparer.Ordinal))
        {
            if (_nodes.TryGetValue(tasks.Key, out var node)) node.Tell(tasks);
        }
        if (barrier.News() is { } news) await WriteAsync(news, cancel);
        await Task.Delay(Gather, time, cancel);
    }

    /// <summary>Tried once: the tasks that wait for it are stopped without it in a few seconds, and what is newer is written with the next look.</summary>
    private async Task WriteAsync(Model.DrainProgress news, CancellationToken cancel)
    {
        try
        {
            var changes = new Changes();
            changes.Put(news);
            await store.CommitAsync(changes, null, cancel);
        }
        catch (Exception e) when (!cancel.IsCancellationRequested)
        {
            LogNotWritten(e.Message);
        }
    }

    [LoggerMessage(2436, LogLevel.Warning, "that this manager's nodes have taken leaving tasks out of their balancers could not be written: {Reason}")]
    private partial void LogNotWritten(string reason);
}
