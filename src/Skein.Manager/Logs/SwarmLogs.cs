using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Grpc.Net.Client;
using Skein.Manager.Dispatch;
using Skein.Manager.Store;
using Skein.Model;

namespace Skein.Manager.Logs;

/// <summary>
/// Gathers a service's logs: one stream for each node with tasks of it, through the manager that the node is in session with.
/// Nothing is kept here; whoever reads slowly slows down the nodes. A node that does not answer costs its own lines alone.
/// </summary>
/// <param name="openChannel">To another manager's ip:port; disposed here.</param>
public sealed class SwarmLogs(
    IStore store, string managerId, DispatcherService dispatcher, Func<string, GrpcChannel> openChannel, TimeProvider time) : ISwarmLogs
{
    private const int MessagesHeld = 4;
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(1);

    public async IAsyncEnumerable<LogLines> ReadAsync(LogSelection selection, LogRequest request, [EnumeratorCancellation] CancellationToken cancel)
    {
        using var left = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var lines = Channel.CreateBounded<LogLines>(MessagesHeld);
        var missing = new ConcurrentQueue<string>();
        var gathering = GatherAsync(selection, request, lines.Writer, missing, left.Token);
        try
        {
            await foreach (var batch in lines.Reader.ReadAllAsync(left.Token)) yield return batch;
        }
        finally
        {
            await left.CancelAsync();
            await gathering;
        }
        if (!missing.IsEmpty)
        {
            throw new SkeinException(
                ErrorKind.Internal,
                "rpc error: code = Unknown desc = warning: incomplete log stream. some logs could not be retrieved for the following reasons: " + string.Join(", ", missing));
        }
    }

    private async Task GatherAsync(
        LogSelection selection, LogRequest request, ChannelWriter<LogLines> writer, ConcurrentQueue<string> missing, CancellationToken cancel)
    {
        var begun = new HashSet<string>(StringComparer.Ordinal);
        var readers = new List<Task>();
        try
        {
            var snapshot = store.Current;
            var first = request.Tail;
            while (true)
            {
                foreach (var node in selection.In(snapshot).Where(task => begun.Add(task.Id)).GroupBy(task => task.NodeId))
                {
                    var sources = node.Select(task => new LogProgress(task.Id, request.Since, first)).ToList();
                    readers.Add(ReadNodeAsync(node.Key, sources, request, writer, missing, cancel));
                }
                first = null;   // of a task that begins while it is followed, all lines are new
                readers.RemoveAll(reader => reader.IsCompletedSuccessfully);
                if (!request.Follow || !selection.IsOpen(snapshot, begun)) break;
                snapshot = await store.WaitNewerAsync(snapshot.Revision, cancel);
            }
            await Task.WhenAll(readers);
            writer.TryComplete();
        }
        catch (Exception error)
        {
            await Task.WhenAll(readers).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            writer.TryComplete(error);
        }
    }

    private async Task ReadNodeAsync(
        string nodeId, IReadOnlyList<LogProgress> sources, LogRequest request, ChannelWriter<LogLines> writer, ConcurrentQueue<string> missing, CancellationToken cancel)
    {
        while (true)
        {
            try
            {
                await foreach (var batch in AskAsync(nodeId, sources, request, cancel))
                {
                    if (batch.Error.Length > 0) missing.Enqueue(batch.Error);
                    else await writer.WriteAsync(batch, cancel);
                    foreach (var line in batch.Lines) sources.FirstOrDefault(s => s.TaskId == line.TaskId)?.Note(line.Time.ToDateTimeOffset());
                }
                return;
            }
            catch (Exception) when (!cancel.IsCancellationRequested)
            {
                // Followed, it is asked again from where it broke: its manager or its daemon may only have been restarted.
                if (!request.Follow || store.Current.Nodes.Find(nodeId) is null)
                {
                    missing.Enqueue($"node {nodeId} is not available");
                    return;
                }
            }
            await Task.Delay(RetryPause, time, cancel);
        }
    }

    private async IAsyncEnumerable<LogLines> AskAsync(
        string nodeId, IReadOnlyList<LogProgress> sources, LogRequest request, [EnumeratorCancellation] CancellationToken cancel)
    {
        var wanted = new LogSubscription { Stdout = request.Stdout, Stderr = request.Stderr, Follow = request.Follow };
        wanted.Sources.Add(sources.Select(source => source.ToSource()));
        var snapshot = store.Current;
        var manager = snapshot.Nodes.Find(nodeId)?.Session?.ManagerId ?? "";
        if (manager == managerId)
        {
            await foreach (var lines in dispatcher.ReadLogsAsync(nodeId, wanted, cancel)) yield return lines;
            yield break;
        }
        var addr = snapshot.Nodes.Find(manager)?.ManagerStatus?.Addr ?? throw new TimeoutException($"node {nodeId} is in session with no manager");
        using var channel = openChannel(addr);
        using var call = new NodeLogs.NodeLogsClient(channel).Read(new() { NodeId = nodeId, Subscription = wanted }, cancellationToken: cancel);
        while (await call.ResponseStream.MoveNext(cancel)) yield return call.ResponseStream.Current;
    }
}
