using System.Buffers;

namespace Skein.Agent.Containers.Logs;

/// <summary>Cuts a stream's chunks into log lines. A line longer than 16 KiB is kept in parts, as in Docker.</summary>
internal sealed class LineSplitter(LogStream stream)
{
    private const int MaxLine = 16 << 10;

    private readonly ArrayBufferWriter<byte> rest = new(256);

    public void Split(ReadOnlySpan<byte> chunk, DateTimeOffset time, IBufferWriter<byte> to)
    {
        while (chunk.Length > 0)
        {
            var newline = chunk.IndexOf((byte)'\n');
            var room = MaxLine - rest.WrittenCount;
            if (newline >= 0 && newline <= room)
            {
                Emit(chunk[..newline], time, to, whole: true);
                chunk = chunk[(newline + 1)..];
            }
            else if (chunk.Length > room)
            {
                Emit(chunk[..room], time, to, whole: false);
                chunk = chunk[room..];
            }
            else
            {
                rest.Write(chunk);
                return;
            }
        }
    }

    /// <summary>The stream has ended: what had no newline yet is a line without one.</summary>
    public void Finish(DateTimeOffset time, IBufferWriter<byte> to)
    {
        if (rest.WrittenCount > 0)
            Emit([], time, to, whole: false);
    }

    private void Emit(ReadOnlySpan<byte> end, DateTimeOffset time, IBufferWriter<byte> to, bool whole)
    {
        if (rest.WrittenCount == 0)
        {
            LogFormat.Write(to, time, stream, end, whole);
            return;
        }
        rest.Write(end);
        LogFormat.Write(to, time, stream, rest.WrittenSpan, whole);
        rest.ResetWrittenCount();
    }
}
