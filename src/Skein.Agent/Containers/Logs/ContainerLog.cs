using System.Buffers;
using System.Globalization;
using System.Runtime.CompilerServices;

namespace Skein.Agent.Containers.Logs;

/// <summary>
/// A container's output on disk: files log.1, log.2, … of bounded size, of which the newest few stay. One writer per
/// stream, any number of readers; readers keep no hold on a file that is rotated away.
/// </summary>
internal sealed class ContainerLog : IDisposable
{
    private readonly string folder;
    private readonly LogLimits limits;
    private readonly TimeProvider time;
    private readonly Lock gate = new();
    private FileStream? file;          // gate
    private int fileNumber;            // gate
    private TaskCompletionSource? changed;   // gate; made by a follower that has read everything

    public ContainerLog(string folder, LogLimits limits, TimeProvider time)
    {
        this.folder = folder;
        this.limits = limits;
        this.time = time;
        fileNumber = FileNumbers().LastOrDefault(1);
    }

    public LogLimits Limits => limits;

    public LineSplitter Splitter(LogStream stream) => new(stream);

    public void Append(LineSplitter splitter, ReadOnlySpan<byte> chunk)
    {
        var lines = new ArrayBufferWriter<byte>(chunk.Length + 64);
        splitter.Split(chunk, time.GetUtcNow(), lines);
        Store(lines.WrittenSpan);
    }

    public void Finish(LineSplitter splitter)
    {
        var lines = new ArrayBufferWriter<byte>(64);
        splitter.Finish(time.GetUtcNow(), lines);
        Store(lines.WrittenSpan);
    }

    /// <summary>Followers look again: the container has stopped, or was removed.</summary>
    public void Wake()
    {
        TaskCompletionSource? waiting;
        lock (gate)
            (waiting, changed) = (changed, null);
        waiting?.TrySetResult();
    }

    /// <param name="ended">Whether nothing more will come; asked after each pass over the files.</param>
    public async IAsyncEnumerable<ContainerLogLine> ReadAsync(LogQuery query, Func<bool> ended, [EnumeratorCancellation] CancellationToken cancel)
    {
        var skip = query.Tail is { } tail ? Math.Max(0, CountMatching(query) - tail) : 0;
        var reader = new LogFileReader(folder, FileNumbers);
        try
        {
            while (true)
            {
                // Order matters: first the signal, then whether it has ended, then what is there. What comes later is signalled.
                var signal = query.Follow ? Signal() : Task.CompletedTask;
                var last = !query.Follow || ended();
                while (reader.TryRead(out var line))
                {
                    if (query.Until is { } until && line.Time > until)
                        yield break;
                    if (Matches(query, line) && skip-- <= 0)
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

    private int CountMatching(LogQuery query)
    {
        using var reader = new LogFileReader(folder, FileNumbers);
        var count = 0;
        while (reader.TryRead(out var line))
        {
            if (Matches(query, line) && (query.Until is not { } until || line.Time <= until))
                count++;
        }
        return count;
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
            file ??= Open();
            file.Write(lines);
            if (file.Position >= limits.MaxBytesPerFile)
                Rotate();
        }
        Wake();
    }

    private void Rotate()
    {
        file!.Dispose();
        fileNumber++;
        file = Open();
        foreach (var number in FileNumbers().Where(number => number <= fileNumber - limits.MaxFiles))
            File.Delete(PathOf(folder, number));
    }

    private FileStream Open() =>
        new(PathOf(folder, fileNumber), FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);

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
