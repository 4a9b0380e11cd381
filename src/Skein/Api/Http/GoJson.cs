using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Skein.Api.Http;

/// <summary>
/// JSON as Go's encoding/json writes it: quotes and letters beyond ASCII as they are, and of what HTML knows only &lt;, &gt; and &amp;
/// escaped. System.Text.Json by itself escapes quotes too, which people then read in an error's words.
/// </summary>
internal static class GoJson
{
    private static readonly JsonWriterOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly SearchValues<byte> s_html = SearchValues.Create("<>&"u8);

    public static byte[] Write<T>(T value, JsonTypeInfo<T> type)
    {
        using var text = new MemoryStream();
        using (var writer = new Utf8JsonWriter(text, s_options)) JsonSerializer.Serialize(writer, value, type);
        var bytes = text.GetBuffer().AsSpan(0, (int)text.Length);
        return bytes.ContainsAny(s_html) ? EscapeHtml(bytes) : bytes.ToArray();
    }

    /// <summary>JSON has these three in strings alone.</summary>
    private static byte[] EscapeHtml(ReadOnlySpan<byte> json)
    {
        var escaped = new ArrayBufferWriter<byte>(json.Length + 32);
        for (int at; (at = json.IndexOfAny(s_html)) >= 0; json = json[(at + 1)..])
        {
            escaped.Write(json[..at]);
            escaped.Write(Encoding.ASCII.GetBytes($@"\u00{json[at]:x2}"));
        }
        escaped.Write(json);
        return escaped.WrittenSpan.ToArray();
    }
}
