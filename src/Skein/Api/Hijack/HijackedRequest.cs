using System.Buffers;
using System.Globalization;
using System.Text;

namespace Skein.Api.Hijack;

/// <summary>The head of an HTTP/1.1 request whose connection is taken over.</summary>
internal sealed record HijackedRequest(string Method, string Path, IReadOnlyDictionary<string, string> Query, IReadOnlyDictionary<string, string> Headers)
{
    /// <summary>With those that are there more than once, as often.</summary>
    public IReadOnlyList<(string Name, string Value)> AllHeaders { get; private init; } = [];

    public const int MaxLineLength = 32 * 1024;

    public const int MaxHeadersLength = 32 * 1024;

    /// <summary>A longer head is left to Kestrel, which has these bounds too, and refuses it.</summary>
    public const int MaxHeadLength = MaxLineLength + MaxHeadersLength;

    /// <summary>Docker looks only whether it is there.</summary>
    public bool WantsUpgrade => Headers.ContainsKey("Upgrade");

    /// <summary>null when it cannot be told.</summary>
    public long? ContentLength => !Headers.TryGetValue("Content-Length", out var text) ? 0
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var length) ? length
        : null;

    public bool IsChunked => Headers.TryGetValue("Transfer-Encoding", out var coding) && coding.Contains("chunked", StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// Where the head ends in what has been read; null while its end is not there yet. A line ends with LF, as Go reads it, whether
    /// or not a CR stands before: Docker.DotNet sends heads of both. Empty lines before the first one are no head.
    /// </summary>
    public static SequencePosition? FindHeadEnd(ReadOnlySequence<byte> buffer)
    {
        var reader = new SequenceReader<byte>(buffer);
        reader.AdvancePastAny((byte)'\r', (byte)'\n');
        while (reader.TryAdvanceTo((byte)'\n'))
        {
            if (reader.IsNext((byte)'\n', advancePast: true) || reader.IsNext("\r\n"u8, advancePast: true)) return reader.Position;
        }
        return null;
    }

    /// <summary>null when it is not a request head at all; Kestrel then says what is wrong with it.</summary>
    public static HijackedRequest? Parse(ReadOnlySequence<byte> head)
    {
        var lines = Encoding.ASCII.GetString(head).Trim('\r', '\n').Split('\n');
        if (lines[0].Split(' ') is not [var method, var target, _]) return null;
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        var all = new List<(string, string)>();
        foreach (var line in lines.AsSpan(1))
        {
            var colon = line.IndexOf(':');
            // Nor with blanks in its name: a line that goes on with the one before it, which HTTP gave up and Kestrel refuses.
            if (colon <= 0 || line.AsSpan(0, colon).IndexOfAny(' ', '\t') >= 0) return null;
            var (name, value) = (line[..colon], line[(colon + 1)..].Trim());
            // Two lengths: whoever stands between took the other one. Kestrel refuses it.
            if (headers.TryGetValue(name, out var before) && before != value && IsFraming(name)) return null;
            headers[name] = value;
            all.Add((name, value));
        }
        var parts = target.Split('?', 2);
        return new HijackedRequest(method, parts[0], ParseQuery(parts.Length == 2 ? parts[1] : ""), headers) { AllHeaders = all };
    }

    private static bool IsFraming(string header) =>
        header.Equals("Content-Length", StringComparison.OrdinalIgnoreCase) || header.Equals("Transfer-Encoding", StringComparison.OrdinalIgnoreCase);

    private static Dictionary<string, string> ParseQuery(string query)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var pair in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = pair.Split('=', 2);
            values[Uri.UnescapeDataString(parts[0])] = parts.Length == 2 ? Uri.UnescapeDataString(parts[1].Replace('+', ' ')) : "";
        }
        return values;
    }
}
