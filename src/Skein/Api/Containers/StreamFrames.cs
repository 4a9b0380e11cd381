using System.Buffers.Binary;
using System.IO.Pipelines;
using Skein.Agent.Containers;

namespace Skein.Api.Containers;

/// <summary>Docker's multiplexed stream: 8 bytes of header (stream, three zeros, length big endian) before each piece.</summary>
internal static class StreamFrames
{
    public const int HeaderLength = 8;
    public const string RawContentType = "application/vnd.docker.raw-stream";
    public const string MultiplexedContentType = "application/vnd.docker.multiplexed-stream";

    /// <summary>The third stream is the daemon's own: a client gives its words as an error.</summary>
    public const LogStream Daemon = (LogStream)3;

    // Older clients take the type for the raw stream's whatever it is, and know no other.
    private static readonly ApiVersion s_multiplexedSince = new(1, 42);

    public static string ContentType(bool tty, ApiVersion version) =>
        tty || version.CompareTo(s_multiplexedSince) < 0 ? RawContentType : MultiplexedContentType;

    public static void WriteHeader(Span<byte> header, LogStream stream, int length)
    {
        header[..4].Clear();
        header[0] = (byte)stream;
        BinaryPrimitives.WriteUInt32BigEndian(header[4..], (uint)length);
    }

    /// <summary>One whole frame; the caller flushes.</summary>
    public static void WriteFrame(PipeWriter output, LogStream stream, ReadOnlySpan<byte> content)
    {
        var span = output.GetSpan(HeaderLength + content.Length);
        WriteHeader(span, stream, content.Length);
        content.CopyTo(span[HeaderLength..]);
        output.Advance(HeaderLength + content.Length);
    }
}
