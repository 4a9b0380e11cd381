using System.Buffers;
using System.Globalization;
using System.Text;

namespace Skein.Api.Hijack;

/// <summary>
/// Where the body of an HTTP/1.1 request ends, and with it the request. What is not understood has no end: it is left to
/// Kestrel, which refuses it and closes.
/// </summary>
internal sealed class RequestBody
{
    // Kestrel's own bound on a chunk's extensions is smaller; a line beyond it is no line.
    private const int MaxLineLength = 16 * 1024;

    private Part _part;
    private long _left;

    private RequestBody(Part part, long left) => (_part, _left) = (part, left);

    public bool Ended => _part == Part.End || (_part == Part.Content && _left == 0);

    public bool IsEndless => _part == Part.Endless;

    /// <summary>Bytes of content that are certain to come: the rest of a chunk, or of all.</summary>
    public long Announced => _left;

    public static RequestBody Endless => new(Part.Endless, 0);

    /// <summary>After an upgrade the bytes are no longer HTTP's.</summary>
    public static RequestBody Of(HijackedRequest head) =>
        head.Method == "CONNECT" || head.Headers.ContainsKey("Upgrade") ? Endless : UntilUpgrade(head);

    /// <summary>What is HTTP's of a request that asks for one.</summary>
    public static RequestBody UntilUpgrade(HijackedRequest head) =>
        head.IsChunked ? new(Part.ChunkSize, 0)
        : head.ContentLength is { } length ? new(Part.Content, length)
        : Endless;

    /// <summary>How many of the bytes that follow what was counted before are the body's, in whole lines where it has lines.</summary>
    /// <param name="content">Takes what is in it, without the lines between.</param>
    public long Count(ReadOnlySequence<byte> bytes, IBufferWriter<byte>? content = null)
    {
        var reader = new SequenceReader<byte>(bytes);
        while (!Ended && Step(ref reader, content)) { }
        return reader.Consumed;
    }

    private bool Step(ref SequenceReader<byte> reader, IBufferWriter<byte>? content) => _part switch
    {
        Part.Content or Part.Chunk => Take(ref reader, content),
        Part.Endless => SkipAll(ref reader),
        _ => Line(ref reader),
    };

    private bool Take(ref SequenceReader<byte> reader, IBufferWriter<byte>? content)
    {
        var taken = Math.Min(_left, reader.Remaining);
        foreach (var piece in reader.UnreadSequence.Slice(0, taken)) content?.Write(piece.Span);
        reader.Advance(taken);
        _left -= taken;
        if (_left > 0) return false;
        if (_part == Part.Chunk) _part = Part.ChunkEnd;
        return true;
    }

    private static bool SkipAll(ref SequenceReader<byte> reader)
    {
        reader.AdvanceToEnd();
        return false;
    }

    private bool Line(ref SequenceReader<byte> reader)
    {
        if (!reader.TryReadTo(out ReadOnlySequence<byte> line, (byte)'\n'))
        {
            if (reader.Remaining <= MaxLineLength) return false;
            _part = Part.Endless;
            return true;
        }
        var text = line.Length > MaxLineLength ? "?" : Encoding.ASCII.GetString(line).TrimEnd('\r');
        _part = _part switch
        {
            Part.ChunkSize => AfterSize(text),
            Part.ChunkEnd when text.Length == 0 => Part.ChunkSize,
            Part.Trailer => text.Length == 0 ? Part.End : Part.Trailer,
            _ => Part.Endless,
        };
        return true;
    }

    private Part AfterSize(string line)
    {
        if (!long.TryParse(line.Split(';')[0].TrimEnd(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out _left) || _left < 0) return Part.Endless;
        return _left == 0 ? Part.Trailer : Part.Chunk;
    }

    private enum Part
    {
        Content,
        ChunkSize,
        Chunk,
        ChunkEnd,
        Trailer,
        End,
        Endless,
    }
}
