namespace Skein.Agent.Containers.Logs;

/// <summary>Lines from a log's files, oldest first; asked again after its end it continues where it was.</summary>
internal sealed class LogFileReader(string folder, Func<List<int>> fileNumbers) : IDisposable
{
    private FileStream? file;
    private int number;
    private byte[] buffer = new byte[32 << 10];
    private int start;
    private int end;

    public bool TryRead(out ContainerLogLine line)
    {
        while (true)
        {
            var newline = buffer.AsSpan(start..end).IndexOf((byte)'\n');
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
            buffer.AsSpan(start..end).CopyTo(buffer);
            (start, end) = (0, end - start);
        }
        if (end == buffer.Length)
            Array.Resize(ref buffer, buffer.Length * 2);
        var count = file.Read(buffer, end, buffer.Length - end);
        end += count;
        return count > 0;
    }

    // The next file is there only after the writer has left this one for good.
    private bool NextFile()
    {
        foreach (var next in fileNumbers().Where(candidate => candidate > number))
        {
            if (file is not null && Fill())
                return true;
            try
            {
                var opened = new FileStream(
                    ContainerLog.PathOf(folder, next), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
                file?.Dispose();
                (file, number, start, end) = (opened, next, 0, 0);
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
