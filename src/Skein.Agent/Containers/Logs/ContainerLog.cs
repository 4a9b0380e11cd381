using System.Buffers;
using System.Globalization;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Skein.Agent.Containers.Storage;

namespace Skein.Agent.Containers.Logs;

/// <summary>
/// A container's output on disk: files log.1, log.2, … of bounded size, of which the newest few stay. One writer per
/// stream, any number of readers; readers keep no hold on a file that is rotated away. What cannot be written, because the
/// disk is full, is lost, as in Docker: the container must not stand still for its log.
/// </summary>
/// <remarks>A driver that sends lines elsewhere gets them too, by <see cref="CollectAsync"/>.</remarks>
internal sealed partial class ContainerLog : IDisposable
{
    private const int LinesAtOnce = 256;

    private readonly string folder;
    private readonly LogLimits limits;
    private readonly TimeProvider time;
    private readonly Lock gate = new();
    private readonly ILogger logger;
    private FileStream? file;          // gate; null also after a write that failed
    private long lost;                 // gate; bytes, since the last one that was written
    private int fileNumber;            // gate
    private TaskCompletionSource? changed;   // gate; made by a follower that has read everything

    public ContainerLog(string folder, LogLimits limits, TimeProvider time, ILogger logger)
    {
        this.logger = logger;
        this.folder = folder;
        this.limits = limits;
        this.time = time;
        fileNumber = FileNumbers().LastOrDefault(1);
    }

    public LogLimits Limits => limits;

    /// <summary>What an earlier release had made for every user of the host to read.</summary>
    public void HideFromUsers()
    {
        foreach (var number in FileNumbers()) File.SetUnixFileMode(PathOf(folder, number), DataFolder.LogMode);
    }

    public LineSplitter Splitter(LogStream stream) => new(stream);

    /// <summary>Who gets the lines beside the files; null with a driver that keeps them here.</summary>
    public LogCollection? Collection { get; init; }

    /// <returns>The lines that the chunk brought to their end, as they are kept.</returns>
    public ReadOnlyMemory<byte> Append(LineSplitter splitter, ReadOnlySpan<byte> chunk)
    {
        var lines = new ArrayBufferWriter<byte>(chunk.Length + 64);
        splitter.Split(chunk, time.GetUtcNow(), lines);
        Store(lines.WrittenSpan);
        return lines.WrittenMemory;
    }

    public ReadOnlyMemory<byte> Finish(LineSplitter splitter)
    {
        var lines = new ArrayBufferWriter<byte>(64);
        splitter.Finish(time.GetUtcNow(), lines);
        Store(lines.WrittenSpan);
        return lines.WrittenMemory;
    }

    /// <summary>Waits where the driver's collector is slow and its mode is to wait for it.</summary>
    public ValueTask CollectAsync(ReadOnlyMemory<byte> lines, CancellationToken cancel) =>
        Collection is null || lines.IsEmpty ? ValueTask.CompletedTask : Collection.TakeAsync(lines, cancel);

    /// <summary>Followers look again: the container has stopped, or was removed.</summary>
    public void Wake()
    {
        TaskCompletionSource? waiting;
        lock (gate)
            (waiting, changed) = (changed, null);
        waiting?.TrySetResult();
    }

    /// <summary>Without following, what is there at this moment, however fast more comes.</summary>
    /// <param name="ended">Whether nothing more will come; asked after each pass over the files.</param>
    public async IAsyncEnumerable<ContainerLogLine> ReadAsync(LogQuery query, Func<bool> ended, [EnumeratorCancellation] CancellationToken cancel)
    {
        var (files, now) = Snapshot();
        var from = query.Tail is { } tail ? LogTail.Find(folder, files, now, tail, line => Matches(query, line) && !IsPast(query, line), cancel) : LogPosition.Beginning;
        var reader = new LogFileReader(folder, FileNumbers, from, query.Follow ? LogPosition.Never : now);
        try
        {
            while (true)
            {
                // Order matters: first the signal, then whether it has ended, then what is there. What comes later is signalled.
                var signal = query.Follow ? Signal() : Task.CompletedTask;
                var last = !query.Follow || ended();
                for (var lines = 1; reader.TryRead(out var line); lines++)
                {
                    cancel.ThrowIfCancellationRequested();
                    // Who takes everything at once, as one does that has left, would never wait: some hundreds of those held every thread,
                    // and what tells them that nobody listens had none.
                    if (lines % LinesAtOnce == 0) await Task.Yield();
                    if (IsPast(query, line))
                        yield break;
                    if (Matches(query, line))
                        yield return line;
                }
                if (last)
                    yield break;
                await signal.WaitAsync(cancel);
            }
        }
        finally
        {
            reader.Dispose();
        }
    }

    public void Dispose()
    {
        lock (gate)
        {
            file?.Dispose();
            file = null;
        }
        Wake();
    }

    private static bool Matches(LogQuery query, ContainerLogLine line) =>
        (line.Stream == LogStream.Stdout ? query.Stdout : query.Stderr) && (query.Since is not { } since || line.Time >= since);

    private static bool IsPast(LogQuery query, ContainerLogLine line) => query.Until is { } until && line.Time > until;

    private (List<int> Files, LogPosition End) Snapshot()
    {
        lock (gate)
        {
            var path = new FileInfo(PathOf(folder, fileNumber));
            return (FileNumbers(), new LogPosition(fileNumber, file?.Position ?? (path.Exists ? path.Length : 0)));
        }
    }

    private Task Signal()
    {
        lock (gate)
            return (changed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
    }

    private void Store(ReadOnlySpan<byte> lines)
    {
        if (lines.IsEmpty || !limits.Kept)
            return;
        lock (gate)
        {
            try
            {
                file ??= Open();
                file.Write(lines);
                Found();
                if (file.Position >= limits.MaxBytesPerFile)
                    Rotate();
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                Lose(lines.Length, error);
            }
        }
        Wake();
    }

    private void Rotate()
    {
        file!.Dispose();
        file = null;
        fileNumber++;
        foreach (var number in FileNumbers().Where(number => number <= fileNumber - limits.MaxFiles))
            File.Delete(PathOf(folder, number));
    }

    /// <summary>For writing at its end. A line that a full disk or a power cut left without end gets one: readers pass over it.</summary>
    private FileStream Open()
    {
        var opened = new FileStream(PathOf(folder, fileNumber), new FileStreamOptions
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.ReadWrite,
            Share = FileShare.ReadWrite | FileShare.Delete,
            BufferSize = 0,
            UnixCreateMode = DataFolder.LogMode,
        });
        try
        {
            if (opened.Seek(0, SeekOrigin.End) == 0) return opened;
            opened.Seek(-1, SeekOrigin.End);
            if (opened.ReadByte() != '\n') opened.WriteByte((byte)'\n');
            return opened;
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    private void Lose(int bytes, Exception error)
    {
        if (lost == 0) LogNotWritten(folder, error.Message);
        lost += bytes;
        file?.Dispose();
        file = null;
    }

    private void Found()
    {
        if (lost > 0) LogWrittenAgain(folder, lost);
        lost = 0;
    }

    [LoggerMessage(3220, LogLevel.Error, "a container's output can't be written to {Folder} and is lost until it can: {Reason}")]
    private partial void LogNotWritten(string folder, string reason);

    [LoggerMessage(3221, LogLevel.Warning, "a container's output is written to {Folder} again; {Bytes} bytes are lost")]
    private partial void LogWrittenAgain(string folder, long bytes);

    internal static string PathOf(string folder, int number) =>
        Path.Combine(folder, "log." + number.ToString(CultureInfo.InvariantCulture));

    private List<int> FileNumbers()
    {
        if (!Directory.Exists(folder))
            return [];
        return [.. Directory.EnumerateFiles(folder, "log.*")
            .Select(path => int.TryParse(Path.GetExtension(path.AsSpan())[1..], CultureInfo.InvariantCulture, out var number) ? number : 0)
            .Where(number => number > 0)
            .Order()];
    }
}
