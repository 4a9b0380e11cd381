using Grpc.Core;
using Microsoft.Extensions.Logging;
using Skein.Agent.Containers;
using Skein.Agent.Tasks;
using Skein.Model;

namespace Skein.Agent.Logs;

/// <summary>Sends the lines of this node's tasks to the manager that asked for them, as fast as they are taken there and no faster.</summary>
public sealed partial class LogPublisher(IContainerEngine containers, ILogger logger)
{
    /// <summary>HTTP/2 carries a hundred streams on a connection, and the session's is one.</summary>
    private const int SubscriptionsMax = 64;

    private readonly ILogger _logger = logger;
    private int _open;

    /// <summary>Ends when all was sent, when nobody reads any more, or with the session.</summary>
    public async Task PublishAsync(LogSubscription wanted, Dispatcher.DispatcherClient manager, CancellationToken session)
    {
        try
        {
            if (Interlocked.Increment(ref _open) > SubscriptionsMax) await TurnAwayAsync(wanted, manager, session);
            else await SendAsync(wanted, manager, session);
        }
        catch (Exception error) when (error is RpcException or OperationCanceledException or ObjectDisposedException or InvalidOperationException or IOException)
        {
            LogEnded(wanted.Id, error.Message);
        }
        finally
        {
            Interlocked.Decrement(ref _open);
        }
    }

    /// <summary>The manager waits for an answer of this node, and its reader for the manager.</summary>
    private async Task TurnAwayAsync(LogSubscription wanted, Dispatcher.DispatcherClient manager, CancellationToken session)
    {
        LogTooMany(SubscriptionsMax);
        using var call = manager.PublishLogs(cancellationToken: session);
        await call.RequestStream.WriteAsync(new() { SubscriptionId = wanted.Id }, session);
        await call.RequestStream.WriteAsync(new() { Error = $"more than {SubscriptionsMax} readers of this node's logs at once" }, session);
        await call.RequestStream.CompleteAsync();
        await call.ResponseAsync;
    }

    private async Task SendAsync(LogSubscription wanted, Dispatcher.DispatcherClient manager, CancellationToken session)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(session);
        using var call = manager.PublishLogs(cancellationToken: stop.Token);
        using var batches = new LogBatches(call.RequestStream);
        await call.RequestStream.WriteAsync(new() { SubscriptionId = wanted.Id }, stop.Token);
        var sending = Task.WhenAll(wanted.Sources.Select(source => SendTaskAsync(wanted, source, batches, stop.Token)));
        // The manager answers early when its reader has gone: a container that says nothing would hold its stream for ever.
        await Task.WhenAny(sending, call.ResponseAsync);
        if (!sending.IsCompleted) await stop.CancelAsync();
        await sending;
        await call.RequestStream.CompleteAsync();
        await call.ResponseAsync;
    }

    private async Task SendTaskAsync(LogSubscription wanted, LogSource source, LogBatches batches, CancellationToken cancel)
    {
        var container = containers.List().FirstOrDefault(c => c.Definition.IsTasks && c.Definition.TaskId == source.TaskId);
        if (container is null) return;   // removed meanwhile
        var query = new LogQuery(
            wanted.Stdout, wanted.Stderr, wanted.Follow, source.Since?.ToDateTimeOffset(), null, source.Tail is { } tail ? (int)Math.Min(tail, int.MaxValue) : null);
        try
        {
            await batches.SendAsync(source.TaskId, containers.ReadLogsAsync(container.Id, query, cancel), cancel);
        }
        catch (SkeinException error)
        {
            await batches.SendErrorAsync($"task {source.TaskId}: {error.Message}", cancel);
        }
    }

    [LoggerMessage(3301, LogLevel.Warning, "more than {Max} readers of this node's logs at once: one more is turned away")]
    private partial void LogTooMany(int max);

    [LoggerMessage(3302, LogLevel.Debug, "log subscription {Id} ended early: {Reason}")]
    private partial void LogEnded(string id, string reason);
}
