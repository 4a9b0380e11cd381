using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Skein.Model;

namespace Skein.Api.Http;

/// <summary>Reads a request's JSON as Docker does: nothing is an empty object, and what cannot be read is refused in the words of Go's encoding/json.</summary>
internal static class JsonBody
{
    public static T Read<T>(ReadOnlySpan<byte> body, JsonTypeInfo<T> type)
    {
        if (body.IndexOfAnyExcept(" \t\r\n"u8) < 0) throw SkeinException.Invalid("invalid JSON: got EOF while reading request body");
        try
        {
            return JsonSerializer.Deserialize(GoNulls.Without(body, type), type) ?? Empty(type);
        }
        catch (JsonException error)
        {
            throw SkeinException.Invalid(HasMore(body) ? "unexpected content after JSON" : $"invalid JSON: {GoJsonError.Of(body, error, type)}");
        }
    }

    public static T Empty<T>(JsonTypeInfo<T> type) => JsonSerializer.Deserialize("{}"u8, type)!;

    /// <summary>A whole value, and something behind it.</summary>
    private static bool HasMore(ReadOnlySpan<byte> body)
    {
        var reader = new Utf8JsonReader(body);
        try
        {
            reader.Read();
            reader.Skip();
        }
        catch (JsonException)
        {
            return false;
        }
        return body[(int)reader.BytesConsumed..].IndexOfAnyExcept(" \t\r\n"u8) >= 0;
    }
}
