using System.Text.Json;
using System.Text.Json.Serialization;

namespace Skein.Api.Http;

/// <summary>
/// Bytes as Go reads them: base64 in a string, which is what it writes, or a list of numbers, which Docker.DotNet sends. Kept as base64,
/// that what is none can be said where it is decoded.
/// </summary>
internal sealed class GoBytesConverter : JsonConverter<string>
{
    public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.String) return reader.GetString();
        if (reader.TokenType != JsonTokenType.StartArray) throw new JsonException();
        var bytes = new List<byte>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetByte(out var next)) throw new JsonException();
            bytes.Add(next);
        }
        return Convert.ToBase64String([.. bytes]);
    }

    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WriteStringValue(value);
}
