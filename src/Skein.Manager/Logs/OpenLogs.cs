using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Grpc.Core;
using Skein.Model;

namespace Skein.Manager.Logs;

/// <summary>
/// Logs on their way from the nodes in session with this manager to who reads them. Few lines are held between the two:
/// a reader that is slow slows the node down.
/// </summary>
internal sealed class OpenLogs(IIdSource ids, TimeProvider time)
{
    private const int MessagesHeld = 4;
    private static readonly TimeSpan BeginPatience = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, OpenStream> _open = new(StringComparer.Ordinal);

    /// <param name="ask">Says the subscription to the node, over its session.</param>
    /// <exception cref="TimeoutException">The node did not begin.</exception>
    public async IAsyncEnumerable<LogLines> ReadAsync(
        string nodeId, LogSubscription wanted, Func<LogSubscription, CancellationToken, Task> ask, [EnumeratorCancellation] CancellationToken cancel)
    {
        var subscription = wanted.Clone();
        subscription.Id = ids.NewId();
        using var stream = new OpenStream(nodeId);
        _open[subscription.Id] = stream;
        try
        {
            await ask(subscription, cancel);
            await stream.Begun.Task.WaitAsync(BeginPatience, time, cancel);
            await foreach (var lines in stream.Lines.Reader.ReadAllAsync(cancel)) yield return lines;
        }
        finally
        {
            _open.TryRemove(subscription.Id, out _);
            await stream.Left.CancelAsync();
        }
    }

    /// <summary>A node's side of it; to its end, or until the reader has left.</summary>
    public async Task TakeAsync(string nodeId, IAsyncStreamReader<LogLines> reader, CancellationToken cancel)
    {
        if (!await reader.MoveNext(cancel) || !_open.TryGetValue(reader.Current.SubscriptionId, out var stream) || stream.NodeId != nodeId)
            throw new RpcException(new(StatusCode.NotFound, "nobody reads these logs"));
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, stream.Left.Token);
        stream.Begun.TrySetResult();
        try
        {
            while (await reader.MoveNext(either.Token)) await stream.Lines.Writer.WriteAsync(reader.Current, either.Token);
            stream.Lines.Writer.TryComplete();
        }
        catch (Exception error)
        {
            stream.Lines.Writer.TryComplete(error);
            throw new RpcException(new(StatusCode.Cancelled, "nobody reads these logs any more"));
        }
    }

    private sealed class OpenStream(string nodeId) : IDisposable
    {
        public string NodeId => nodeId;

        public Channel<LogLines> Lines { get; } = Channel.CreateBounded<LogLines>(MessagesHeld);

        public TaskCompletionSource Begun { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public CancellationTokenSource Left { get; } = new();

        public void Dispose() => Left.Dispose();
    }
}
