using System.Threading.Channels;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using Skein.Manager.Store;
using Skein.Model;

namespace Skein.Manager.Dispatch;

/// <summary>
/// Brings the nodes' reports to the store. One commit is under way at a time; what arrives meanwhile goes with the next, so a
/// burst of a thousand reports is a few transactions. One that the store takes in no company is found by halves and dropped: it
/// stands in nobody's way.
/// </summary>
internal sealed partial class TaskStatusWriter(IStore store, DroppedReports dropped, TimeProvider time, ILogger logger)
{
    private const int LargestBatch = 200;
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(100);

    private readonly Channel<Batch> _pending = Channel.CreateUnbounded<Batch>(new() { SingleReader = true });

    /// <summary>Completes when the reports are in the store or need not be.</summary>
    public Task WriteAsync(IReadOnlyList<NodeTaskStatus> reports, CancellationToken cancel)
    {
        var batch = new Batch(reports, new(TaskCreationOptions.RunContinuationsAsynchronously));
        _pending.Writer.TryWrite(batch);
        return batch.Stored.Task.WaitAsync(cancel);
    }

    public async Task RunAsync(CancellationToken cancel)
    {
        var batches = new List<Batch>();
        while (await _pending.Reader.WaitToReadAsync(cancel))
        {
            var count = 0;
            while (count < LargestBatch && _pending.Reader.TryRead(out var batch))
            {
                batches.Add(batch);
                count += batch.Reports.Count;
            }
            foreach (var part in Parts(batches.SelectMany(b => b.Reports))) await CommitAsync(part, cancel);
            foreach (var batch in batches) batch.Stored.TrySetResult();
            batches.Clear();
        }
    }

    /// <summary>Each of a size that one transaction takes.</summary>
    private IEnumerable<IReadOnlyList<NodeTaskStatus>> Parts(IEnumerable<NodeTaskStatus> reports)
    {
        var part = new List<NodeTaskStatus>();
        var bytes = 0;
        foreach (var report in reports)
        {
            part.Add(report);
            bytes += store.Current.Tasks.Find(report.TaskId)?.CalculateSize() + report.Status.CalculateSize() ?? 0;
            if (bytes < Changes.EnoughBytes) continue;
            yield return part;
            (part, bytes) = ([], 0);
        }
        if (part.Count > 0) yield return part;
    }

    /// <summary>Until it succeeds: a report that was taken is not lost while this manager lives.</summary>
    private async Task CommitAsync(IReadOnlyList<NodeTaskStatus> reports, CancellationToken cancel)
    {
        while (true)
        {
            var seen = store.Current;
            var changes = TaskStatusMerge.Apply(seen, reports, time.GetUtcNow());
            if (changes.IsEmpty) return;
            try
            {
                await store.CommitAsync(changes, null, cancel);
                return;
            }
            catch (SequenceConflictException)
            {
                // A control loop changed one of the tasks: merge again with what it wrote.
                await store.WaitNewerAsync(seen.Revision, cancel);
            }
            catch (Exception e) when (IsOfWhatIsWritten(e))
            {
                if (reports.Count == 1) dropped.Drop(reports[0].NodeId, "a status that the store does not take");
                else foreach (var half in reports.Chunk((reports.Count + 1) / 2)) await CommitAsync(half, cancel);
                return;
            }
            catch (Exception e) when (!cancel.IsCancellationRequested)
            {
                LogNotStored(reports.Count, e.Message);
                await Task.Delay(RetryDelay, time, cancel);
            }
        }
    }

    /// <summary>The same again would be refused again.</summary>
    private static bool IsOfWhatIsWritten(Exception e) => e switch
    {
        RpcException { StatusCode: StatusCode.InvalidArgument } => true,
        RpcException { StatusCode: StatusCode.ResourceExhausted } rpc => !EtcdClient.IsOutOfSpace(rpc),
        SkeinException { Kind: not ErrorKind.Unavailable } => true,
        _ => false,
    };

    [LoggerMessage(2401, LogLevel.Warning, "{Count} task statuses could not be stored, and are tried again: {Reason}")]
    private partial void LogNotStored(int count, string reason);

    private sealed record Batch(IReadOnlyList<NodeTaskStatus> Reports, TaskCompletionSource Stored);
}
