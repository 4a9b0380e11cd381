namespace Skein.Agent.Containers.Logs;

/// <summary>
/// Finds where the last lines of a log begin, by reading backwards from an end that was fixed before: a busy container writes
/// faster than its log is counted from the beginning, and takes files away meanwhile.
/// </summary>
internal static class LogTail
{
    private const int BlockBytes = 64 << 10;

    /// <param name="files">Those that are there, oldest first.</param>
    /// <param name="count">How many lines that match.</param>
    /// <returns>The beginning when there are fewer.</returns>
    public static LogPosition Find(
        string folder, IReadOnlyList<int> files, LogPosition end, int count, Func<ContainerLogLine, bool> matches, CancellationToken cancel)
    {
        if (count <= 0) return end;
        foreach (var number in files.Where(number => number <= end.File).Reverse())
        {
            using var file = TryOpen(folder, number);
            // Rotated away meanwhile, as is all that is older.
            if (file is null) break;
            foreach (var (offset, line) in Backwards(file, number == end.File ? end.Offset : file.Length))
            {
                cancel.ThrowIfCancellationRequested();
                if (matches(line) && --count == 0) return new LogPosition(number, offset);
            }
        }
        return LogPosition.Beginning;
    }

    private static IEnumerable<(long Offset, ContainerLogLine Line)> Backwards(FileStream file, long end)
    {
        var buffer = new byte[BlockBytes];
        var (at, held) = (end, 0);   // the buffer's first byte in the file, and how many it holds
        while (true)
        {
            var start = buffer.AsSpan(0, Math.Max(0, held - 1)).LastIndexOf((byte)'\n') + 1;
            if (start == 0 && at > 0)
            {
                var before = (int)Math.Min(at, BlockBytes);
                if (held + before > buffer.Length) Array.Resize(ref buffer, Math.Max(buffer.Length * 2, held + before));
                buffer.AsSpan(0, held).CopyTo(buffer.AsSpan(before));
                (at, held) = (at - before, held + before);
                file.Seek(at, SeekOrigin.Begin);
                file.ReadExactly(buffer, 0, before);
                continue;
            }
            if (held == 0) yield break;
            // Without its newline it is one that a full disk or a power cut has cut short.
            if (buffer[held - 1] == '\n' && LogFormat.TryRead(buffer.AsSpan(start..(held - 1)), out var line)) yield return (at + start, line);
            held = start;
        }
    }

    private static FileStream? TryOpen(string folder, int number)
    {
        try
        {
            return new FileStream(
                ContainerLog.PathOf(folder, number), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }
}
