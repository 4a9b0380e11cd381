using System.Buffers;
using System.Globalization;
using System.Text;

namespace Skein.Agent.Containers.Logs;

/// <summary>
/// One line of a log file, as Kubernetes' runtimes write it: `2026-01-02T03:04:05.123456789Z stdout F text`. F is a whole
/// line, P a part of one that had no end yet. Unlike JSON it keeps a container's bytes as they are.
/// </summary>
internal static class LogFormat
{
    private const string TimeFormat = "yyyy-MM-ddTHH:mm:ss.fffffff'00Z'";
    private const int TimeLength = 30;
    private const int HeaderLength = TimeLength + 10;

    /// <param name="text">Without its newline.</param>
    public static void Write(IBufferWriter<byte> to, DateTimeOffset time, LogStream stream, ReadOnlySpan<byte> text, bool whole)
    {
        Span<byte> header = stackalloc byte[HeaderLength];
        time.UtcDateTime.TryFormat(header, out _, TimeFormat, CultureInfo.InvariantCulture);
        (stream == LogStream.Stdout ? " stdout "u8 : " stderr "u8).CopyTo(header[TimeLength..]);
        header[TimeLength + 8] = whole ? (byte)'F' : (byte)'P';
        header[TimeLength + 9] = (byte)' ';
        to.Write(header);
        to.Write(text);
        to.Write("\n"u8);
    }

    /// <summary>False for what is not such a line, e.g. one cut short by a power failure.</summary>
    public static bool TryRead(ReadOnlySpan<byte> line, out ContainerLogLine read)
    {
        read = default;
        if (line.Length < HeaderLength || line[TimeLength] != ' ' || line[HeaderLength - 1] != ' ' || !TryReadTime(line, out var time))
            return false;
        var stream = line[TimeLength + 4] == 'o' ? LogStream.Stdout : LogStream.Stderr;
        var whole = line[TimeLength + 8] == 'F';
        var text = new byte[line.Length - HeaderLength + (whole ? 1 : 0)];
        line[HeaderLength..].CopyTo(text);
        if (whole)
            text[^1] = (byte)'\n';
        read = new ContainerLogLine(time, stream, text);
        return true;
    }

    private static bool TryReadTime(ReadOnlySpan<byte> line, out DateTimeOffset time)
    {
        Span<char> text = stackalloc char[TimeLength];
        Encoding.Latin1.GetChars(line[..TimeLength], text);
        return DateTimeOffset.TryParseExact(text, TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out time);
    }
}
