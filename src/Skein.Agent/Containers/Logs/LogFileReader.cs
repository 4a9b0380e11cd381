namespace Skein.Agent.Containers.Logs;

/// <summary>Lines from a log's files, oldest first; asked again after its end it continues where it was.</summary>
/// <param name="from">A file's offset is a line's beginning. If the file is gone meanwhile, the next one is begun with.</param>
/// <param name="end">What comes after it is not read.</param>
internal sealed class LogFileReader(string folder, Func<List<int>> fileNumbers, LogPosition from, LogPosition end) : IDisposable
{
    private FileStream? file;
    private int number;
    private byte[] buffer = new byte[32 << 10];
    private int start;
    private int held;

    public bool TryRead(out ContainerLogLine line)
    {
        while (true)
        {
            var newline = buffer.AsSpan(start..held).IndexOf((byte)'\n');
            if (newline >= 0)
            {
                var read = LogFormat.TryRead(buffer.AsSpan(start, newline), out line);
                start += newline + 1;
                if (read)
                    return true;
                continue;
            }
            if (!Fill() && !NextFile())
            {
                line = default;
                return false;
            }
        }
    }

    public void Dispose() => file?.Dispose();

    private bool Fill()
    {
        if (file is null)
            return false;
        if (start > 0)
        {
            buffer.AsSpan(start..held).CopyTo(buffer);
            (start, held) = (0, held - start);
        }
        if (held == buffer.Length)
            Array.Resize(ref buffer, buffer.Length * 2);
        var room = number == end.File ? Math.Min(buffer.Length - held, end.Offset - file.Position) : buffer.Length - held;
        var count = room > 0 ? file.Read(buffer, held, (int)room) : 0;
        held += count;
        return count > 0;
    }

    // The next file is there only after the writer has left this one for good.
    private bool NextFile()
    {
        foreach (var next in fileNumbers().Where(candidate => candidate > number && candidate >= from.File && candidate <= end.File))
        {
            if (file is not null && Fill())
                return true;
            try
            {
                var opened = new FileStream(
                    ContainerLog.PathOf(folder, next), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
                file?.Dispose();
                (file, number, start, held) = (opened, next, 0, 0);
                if (next == from.File)
                    file.Seek(from.Offset, SeekOrigin.Begin);
                return true;
            }
            catch (FileNotFoundException)
            {
                // Rotated away between the listing and the opening: the one after it is there.
            }
        }
        return false;
    }
}
