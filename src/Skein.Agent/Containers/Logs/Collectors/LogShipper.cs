using System.Globalization;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace Skein.Agent.Containers.Logs.Collectors;

/// <summary>
/// A container's lines on their way to a collector, in their order. One that cannot be delivered, after one more connection, is lost to
/// the collector, as in Docker; it is counted, and stays in what the node keeps. A queue that is full holds the container up, unless its
/// mode is not to: then what comes is lost.
/// </summary>
internal sealed partial class LogShipper : IAsyncDisposable
{
    // Lines are 16 KiB at most, and mostly a hundredth of that.
    private const int LinesMax = 1024;

    // Of a queue with a bound of bytes. A line takes some 100 bytes of the daemon's memory beside its text, an empty one too.
    private const int LineBytes = 32;

    private static readonly TimeSpan SendPatience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan FlushPatience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan ReconnectPause = TimeSpan.FromSeconds(1);

    private readonly ILogCollector _collector;
    private readonly string _container;
    private readonly long? _bytesMax;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Channel<CollectedLine> _lines;
    private readonly CancellationTokenSource _closing = new();
    private Task _sending = Task.CompletedTask;
    private long _queued;      // bytes, in the mode that has a bound for them
    private long _lost;
    private long? _refusedAt;  // when it could not be reached last
    private bool _isAway;
    private bool _connected;

    /// <param name="bytesMax">Of a queue that holds nobody up; null for one that does.</param>
    public LogShipper(ILogCollector collector, string container, long? bytesMax, TimeProvider time, ILogger logger)
    {
        (_collector, _container, _bytesMax, _time, _logger) = (collector, container, bytesMax, time, logger);
        _lines = Channel.CreateBounded<CollectedLine>(LinesMax + (int)((bytesMax ?? 0) / LineBytes));
    }

    /// <summary>Lines that no collector has got.</summary>
    public long Lost => Interlocked.Read(ref _lost);

    /// <summary>Before the container starts: one whose collector does not answer is not started.</summary>
    /// <exception cref="IOException"/>
    public async Task ConnectAsync(CancellationToken cancel)
    {
        using var limit = new CancellationTokenSource(SendPatience, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancel, limit.Token);
        try
        {
            await _collector.ConnectAsync(both.Token);
            _connected = true;
        }
        catch (OperationCanceledException error) when (!cancel.IsCancellationRequested)
        {
            throw new IOException("i/o timeout", error);
        }
    }

    public void Begin() => _sending = Task.Run(SendAllAsync, CancellationToken.None);

    public ValueTask TakeAsync(CollectedLine line, CancellationToken cancel)
    {
        if (_bytesMax is not { } max) return _lines.Writer.TryWrite(line) ? ValueTask.CompletedTask : WaitAsync(line, cancel);
        if ((Interlocked.Add(ref _queued, line.Text.Length) <= max || line.Text.Length == 0) && _lines.Writer.TryWrite(line)) return ValueTask.CompletedTask;
        Interlocked.Add(ref _queued, -line.Text.Length);
        Lose(_lines.Reader.Completion.IsCompleted ? "the container has ended" : "the queue is full");
        return ValueTask.CompletedTask;
    }

    /// <summary>Sends what is left, for a moment.</summary>
    public async ValueTask DisposeAsync()
    {
        _lines.Writer.TryComplete();
        try
        {
            await _sending.WaitAsync(FlushPatience, _time);
        }
        catch (TimeoutException)
        {
            await _closing.CancelAsync();
            await _sending;
        }
        _collector.Dispose();
        _closing.Dispose();
    }

    private async ValueTask WaitAsync(CollectedLine line, CancellationToken cancel)
    {
        try
        {
            await _lines.Writer.WriteAsync(line, cancel);
        }
        catch (Exception error) when (error is ChannelClosedException or OperationCanceledException)
        {
            Lose("the container has ended");
            if (error is OperationCanceledException) throw;
        }
    }

    private async Task SendAllAsync()
    {
        try
        {
            await foreach (var line in _lines.Reader.ReadAllAsync(_closing.Token))
            {
                Interlocked.Add(ref _queued, -line.Text.Length);
                await SendAsync(line);
            }
        }
        catch (OperationCanceledException)
        {
            while (_lines.Reader.TryRead(out _)) Lose("the container has ended");
        }
    }

    private async Task SendAsync(CollectedLine line)
    {
        if (await TrySendAsync(line)) return;
        // It may have been restarted since.
        if (await TryReconnectAsync() && await TrySendAsync(line)) return;
        Lose("it is away");
    }

    private async Task<bool> TrySendAsync(CollectedLine line)
    {
        if (!_connected && !await TryReconnectAsync()) return false;
        using var limit = new CancellationTokenSource(SendPatience, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(_closing.Token, limit.Token);
        try
        {
            await _collector.SendAsync(line, both.Token);
            if (_isAway) LogBack(_container, Lost);
            _isAway = false;
            return true;
        }
        catch (Exception error) when (error is IOException || (error is OperationCanceledException && !_closing.IsCancellationRequested))
        {
            NoteFailure(error.Message);
            _connected = false;
            return false;
        }
    }

    // Once a second: each of a thousand lines a second would ask otherwise.
    private async Task<bool> TryReconnectAsync()
    {
        if (_refusedAt is { } at && _time.GetElapsedTime(at) < ReconnectPause) return false;
        try
        {
            await ConnectAsync(_closing.Token);
            _refusedAt = null;
            return true;
        }
        catch (IOException error)
        {
            _refusedAt = _time.GetTimestamp();
            NoteFailure(error.Message);
            return false;
        }
    }

    private void NoteFailure(string why)
    {
        if (!_isAway) LogAway(_container, why);
        _isAway = true;
    }

    private void Lose(string why)
    {
        if (Interlocked.Increment(ref _lost) == 1) LogLost(_container, why);
    }

    [LoggerMessage(3242, LogLevel.Warning, "container {Container}: its log's collector does not take its lines: {Reason}")]
    private partial void LogAway(string container, string reason);

    [LoggerMessage(3243, LogLevel.Information, "container {Container}: its log's collector takes its lines again; {Lost} are lost to it")]
    private partial void LogBack(string container, long lost);

    [LoggerMessage(3244, LogLevel.Warning, "container {Container}: lines are lost to its log's collector: {Reason}")]
    private partial void LogLost(string container, string reason);
}
