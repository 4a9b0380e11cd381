using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Skein.Api.Http;

/// <summary>
/// What null means to Go's encoding/json: a field that has it is as if it were absent, whatever its type, and an element of a list or
/// map is the type's zero. System.Text.Json refuses it for numbers and booleans and passes it on where none is awaited.
/// </summary>
internal static class GoNulls
{
    /// <summary>The same text without its nulls; as it is when it has none, or is no JSON.</summary>
    public static ReadOnlySpan<byte> Without(ReadOnlySpan<byte> body, JsonTypeInfo type)
    {
        if (body.IndexOf("null"u8) < 0 || Parse(body) is not { } document) return body;
        using var rewritten = new MemoryStream(body.Length);
        using (document)
        using (var writer = new Utf8JsonWriter(rewritten)) Copy(document.RootElement, type, writer);
        return rewritten.GetBuffer().AsSpan(0, (int)rewritten.Length);
    }

    private static JsonDocument? Parse(ReadOnlySpan<byte> body)
    {
        try
        {
            return JsonDocument.Parse(body.ToArray());
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static void Copy(JsonElement value, JsonTypeInfo type, Utf8JsonWriter to)
    {
        switch (value.ValueKind, type.Kind)
        {
            case (JsonValueKind.Object, JsonTypeInfoKind.Object): CopyFields(value, type, to); break;
            case (JsonValueKind.Object, JsonTypeInfoKind.Dictionary): CopyMap(value, ElementOf(type), to); break;
            case (JsonValueKind.Array, JsonTypeInfoKind.Enumerable): CopyList(value, ElementOf(type), to); break;
            default: value.WriteTo(to); break;
        }
    }

    private static void CopyFields(JsonElement value, JsonTypeInfo type, Utf8JsonWriter to)
    {
        to.WriteStartObject();
        foreach (var field in value.EnumerateObject())
        {
            if (field.Value.ValueKind == JsonValueKind.Null) continue;
            to.WritePropertyName(field.Name);
            var property = type.Properties.FirstOrDefault(p => p.Name.Equals(field.Name, StringComparison.OrdinalIgnoreCase));
            if (property is null) field.Value.WriteTo(to);
            else Copy(field.Value, type.Options.GetTypeInfo(property.PropertyType), to);
        }
        to.WriteEndObject();
    }

    private static void CopyMap(JsonElement value, JsonTypeInfo element, Utf8JsonWriter to)
    {
        to.WriteStartObject();
        foreach (var entry in value.EnumerateObject())
        {
            to.WritePropertyName(entry.Name);
            CopyElement(entry.Value, element, to);
        }
        to.WriteEndObject();
    }

    private static void CopyList(JsonElement value, JsonTypeInfo element, Utf8JsonWriter to)
    {
        to.WriteStartArray();
        foreach (var item in value.EnumerateArray()) CopyElement(item, element, to);
        to.WriteEndArray();
    }

    private static void CopyElement(JsonElement value, JsonTypeInfo type, Utf8JsonWriter to)
    {
        if (value.ValueKind == JsonValueKind.Null) WriteZero(type, to);
        else Copy(value, type, to);
    }

    private static void WriteZero(JsonTypeInfo type, Utf8JsonWriter to)
    {
        if (type.Type == typeof(string)) to.WriteStringValue("");
        else if (type.Type == typeof(bool)) to.WriteBooleanValue(false);
        else if (type.Type.IsPrimitive) to.WriteNumberValue(0);
        else if (type.Kind is JsonTypeInfoKind.Object or JsonTypeInfoKind.Dictionary) to.WriteRawValue("{}");
        else if (type.Kind == JsonTypeInfoKind.Enumerable) to.WriteRawValue("[]");
        else to.WriteNullValue();
    }

    private static JsonTypeInfo ElementOf(JsonTypeInfo type) => type.Options.GetTypeInfo(type.ElementType!);
}
