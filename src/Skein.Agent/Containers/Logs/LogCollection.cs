using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using Skein.Agent.Containers.Logs.Collectors;
using Skein.Model;
using Skein.Model.Logging;
using Skein.Model.Specs;

namespace Skein.Agent.Containers.Logs;

/// <summary>A container whose log driver sends its lines elsewhere: a shipper for each of its runs, and what makes pieces of long lines known as such.</summary>
internal sealed partial class LogCollection(Func<ILogCollector> collector, string container, long? bytesMax, TimeProvider time, ILogger logger)
{
    private const int DefaultBufferBytes = 1 << 20;
    private const int LongestLine = 16 << 10;

    // One for each stream, whose lines come one after the other.
    private readonly LinePart?[] _parts = new LinePart?[3];
    private readonly ILogger _logger = logger;

    /// <summary>Written at a start and an end of the container, one at a time; its streams read it between the two.</summary>
    private volatile LogShipper? _shipper;

    /// <param name="journal">Where journald listens.</param>
    /// <returns>null for a driver that keeps the lines on the node.</returns>
    /// <exception cref="SkeinException">Its tag makes no sense for this container.</exception>
    public static LogCollection? Of(LogDriver? driver, LogSubject subject, string journal, string epoch, TimeProvider time, ILogger logger)
    {
        if (driver?.Name is not (LogOptions.Journald or LogOptions.Syslog)) return null;
        var isBounded = driver.Options.TryGetValue(LogOptions.Mode, out var mode) && mode == LogOptions.NonBlocking;
        long? bytes = !isBounded ? null
            : driver.Options.TryGetValue(LogOptions.MaxBufferSize, out var size) && LogSize.TryParse(size, out var given, 1024) ? given
            : DefaultBufferBytes;
        return new LogCollection(Collector, subject.Id, bytes, time, logger);

        ILogCollector Collector()
        {
            var tag = LogTag.Expand(driver.Options.TryGetValue(LogOptions.Tag, out var template) ? template : "", subject, Environment.MachineName);
            return driver.Name == LogOptions.Syslog
                ? new SyslogCollector(SyslogOptions.Parse(driver.Options), Environment.MachineName, tag, time)
                : new JournalCollector(journal, Fields(driver, subject, tag, epoch));
        }
    }

    /// <summary>Before a start.</summary>
    /// <exception cref="SkeinException">The collector does not answer, in Docker's words.</exception>
    public async Task OpenAsync(CancellationToken cancel)
    {
        try
        {
            var shipper = NewShipper();
            await shipper.ConnectAsync(cancel);
            await CloseAsync();
            shipper.Begin();
            _shipper = shipper;
        }
        catch (Exception error) when (error is IOException or SkeinException)
        {
            throw new SkeinException(ErrorKind.Internal, $"failed to create task for container: failed to initialize logging driver: {error.Message}", error);
        }
    }

    /// <summary>Of a container that runs already, with its collector or without.</summary>
    public void Resume()
    {
        try
        {
            var shipper = NewShipper();
            shipper.Begin();
            _shipper = shipper;
        }
        catch (SkeinException error)
        {
            // It was started with this tag: what it names of its image may be gone by now.
            LogNotResumed(container, error.Message);
        }
    }

    /// <param name="kept">Lines in the form in which they are kept.</param>
    public async ValueTask TakeAsync(ReadOnlyMemory<byte> kept, CancellationToken cancel)
    {
        if (_shipper is not { } shipper) return;
        for (var rest = kept; rest.Span.IndexOf((byte)'\n') is >= 0 and var end; rest = rest[(end + 1)..])
        {
            if (!LogFormat.TryRead(rest.Span[..end], out var line)) continue;
            await shipper.TakeAsync(Collected(line), cancel);
        }
    }

    /// <summary>After a run's end, and its last line.</summary>
    public async Task CloseAsync()
    {
        if (Interlocked.Exchange(ref _shipper, null) is { } shipper) await shipper.DisposeAsync();
    }

    private LogShipper NewShipper() => new(collector(), container, bytesMax, time, _logger);

    private CollectedLine Collected(ContainerLogLine line)
    {
        var isWhole = line.Line.Length > 0 && line.Line.Span[^1] == '\n';
        var text = isWhole ? line.Line[..^1] : line.Line;
        ref var part = ref _parts[(int)line.Stream];
        // The last line of a stream may lack its newline without being a piece of one.
        var goesOn = !isWhole && text.Length >= LongestLine;
        var now = part is null && !goesOn ? null : new LinePart(part?.Id ?? PartId(line), (part?.Ordinal ?? 0) + 1, !goesOn);
        part = goesOn ? now : null;
        return new(line.Time, line.Stream == LogStream.Stderr, text, now);
    }

    private string PartId(ContainerLogLine line) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{container} {line.Stream} {line.Time.Ticks}"))));

    private static List<KeyValuePair<string, string>> Fields(LogDriver driver, LogSubject subject, string tag, string epoch) =>
    [
        new("CONTAINER_ID", subject.ShortId),
        new("CONTAINER_ID_FULL", subject.Id),
        new("CONTAINER_NAME", subject.Name),
        new("CONTAINER_TAG", tag),
        new("IMAGE_NAME", subject.ImageName),
        new("SYSLOG_IDENTIFIER", tag),
        new("CONTAINER_LOG_EPOCH", epoch),
        .. LogAttributes.Of(driver.Options, subject.Labels, subject.Environment, JournalMessage.FieldName),
    ];

    [LoggerMessage(3245, LogLevel.Warning, "container {Container}: until it is started anew its log's collector gets no lines: {Reason}")]
    private partial void LogNotResumed(string container, string reason);
}
