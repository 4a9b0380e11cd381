using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Grpc.Core;
using Skein.Manager.Callers;
using Skein.Model;
using Skein.Model.Validation;

namespace Skein.Manager.Dispatch;

/// <summary>
/// Logs on their way from the nodes in session with this manager to who reads them. Few lines are held between the two:
/// a reader that is slow slows the node down.
/// </summary>
internal sealed class OpenLogs(DroppedReports dropped, IIdSource ids, TimeProvider time)
{
    private const int MessagesHeld = 4;
    private const int BeginningOfNode = 32;
    private static readonly TimeSpan BeginPatience = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, OpenStream> _open = new(StringComparer.Ordinal);
    private readonly Places<string> _beginning = new(BeginningOfNode, int.MaxValue);

    /// <param name="ask">Says the subscription to the node, over its session.</param>
    /// <exception cref="TimeoutException">The node did not begin.</exception>
    public async IAsyncEnumerable<LogLines> ReadAsync(
        string nodeId, LogSubscription wanted, Func<LogSubscription, CancellationToken, Task> ask, [EnumeratorCancellation] CancellationToken cancel)
    {
        var subscription = wanted.Clone();
        subscription.Id = ids.NewId();
        using var stream = new OpenStream(nodeId, subscription.Sources.Select(source => source.TaskId).ToHashSet(StringComparer.Ordinal));
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
        var stream = await BeginAsync(nodeId, reader, cancel);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, stream.Left.Token);
        if (!stream.Begun.TrySetResult()) throw new RpcException(new(StatusCode.AlreadyExists, "these logs are being sent already"));
        try
        {
            while (await reader.MoveNext(either.Token))
            {
                if (Sound(reader.Current, stream) is { } lines) await stream.Lines.Writer.WriteAsync(lines, either.Token);
            }
            stream.Lines.Writer.TryComplete();
        }
        catch (Exception error)
        {
            stream.Lines.Writer.TryComplete(error);
            throw new RpcException(new(StatusCode.Cancelled, "nobody reads these logs any more"));
        }
    }

    /// <summary>
    /// The stream that the first message names. A node that is asked for nothing is not listened to: parsed, a message of half a million
    /// empty lines has thirty times its bytes, and a node may make thousands of calls.
    /// </summary>
    private async Task<OpenStream> BeginAsync(string nodeId, IAsyncStreamReader<LogLines> reader, CancellationToken cancel)
    {
        using var place = _open.Values.Any(stream => stream.NodeId == nodeId && !stream.Begun.Task.IsCompleted) ? _beginning.TryTake(nodeId) : null;
        try
        {
            if (place is not null && await reader.MoveNext(cancel).WaitAsync(BeginPatience, time, cancel)
                && _open.TryGetValue(reader.Current.SubscriptionId, out var stream) && stream.NodeId == nodeId)
                return stream;
        }
        catch (TimeoutException)
        {
            // Nobody waits for it any longer.
        }
        throw new RpcException(new(StatusCode.NotFound, "nobody reads these logs"));
    }

    /// <summary>Without what was not asked for, or cannot be shown; null when nothing is left.</summary>
    private LogLines? Sound(LogLines message, OpenStream stream)
    {
        if (message.Error.Length > 0) return new() { Error = TaskStatusBounds.Shown(TaskStatusBounds.Clip(message.Error)) };
        var sound = new LogLines();
        foreach (var line in message.Lines)
        {
            if (LogLineBounds.FlawOf(line, stream.Tasks) is { } flaw) dropped.Drop(stream.NodeId, flaw);
            else sound.Lines.Add(line);
        }
        return sound.Lines.Count > 0 ? sound : null;
    }

    private sealed class OpenStream(string nodeId, IReadOnlySet<string> tasks) : IDisposable
    {
        public string NodeId => nodeId;

        public IReadOnlySet<string> Tasks => tasks;

        public Channel<LogLines> Lines { get; } = Channel.CreateBounded<LogLines>(MessagesHeld);

        public TaskCompletionSource Begun { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public CancellationTokenSource Left { get; } = new();

        public void Dispose() => Left.Dispose();
    }
}
