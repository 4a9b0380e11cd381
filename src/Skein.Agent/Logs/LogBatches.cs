using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Skein.Agent.Containers;
using Skein.Model;

namespace Skein.Agent.Logs;

/// <summary>Several tasks' lines into one stream: what is there at once goes in one message, up to a bound.</summary>
internal sealed class LogBatches(IClientStreamWriter<LogLines> writer) : IDisposable
{
    private const int BytesMax = 64 << 10;
    private const int LinesMax = 500;

    private readonly SemaphoreSlim _oneAtATime = new(1, 1);

    public async Task SendAsync(string taskId, IAsyncEnumerable<ContainerLogLine> lines, CancellationToken cancel)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        await using var reader = lines.GetAsyncEnumerator(stop.Token);
        var batch = new LogLines();
        var bytes = 0;
        while (true)
        {
            var next = reader.MoveNextAsync().AsTask();
            if (batch.Lines.Count > 0 && (!next.IsCompleted || bytes >= BytesMax || batch.Lines.Count >= LinesMax))
            {
                try
                {
                    await SendAsync(batch, cancel);
                }
                catch
                {
                    // A reader that still waits for its next line cannot be disposed of.
                    await stop.CancelAsync();
                    await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                    throw;
                }
                (batch, bytes) = (new(), 0);
            }
            if (!await next) break;
            var line = reader.Current;
            batch.Lines.Add(new LogLine
            {
                TaskId = taskId,
                Stderr = line.Stream == LogStream.Stderr,
                Time = Timestamp.FromDateTimeOffset(line.Time),
                Data = ByteString.CopyFrom(line.Line.Span),
            });
            bytes += line.Line.Length;
        }
        if (batch.Lines.Count > 0) await SendAsync(batch, cancel);
    }

    public Task SendErrorAsync(string error, CancellationToken cancel) => SendAsync(new LogLines { Error = error }, cancel);

    public void Dispose() => _oneAtATime.Dispose();

    private async Task SendAsync(LogLines batch, CancellationToken cancel)
    {
        await _oneAtATime.WaitAsync(cancel);
        try
        {
            await writer.WriteAsync(batch, cancel);
        }
        finally
        {
            _oneAtATime.Release();
        }
    }
}
