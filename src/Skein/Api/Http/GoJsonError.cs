using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;

namespace Skein.Api.Http;

/// <summary>Why a text is not the JSON that was expected, in the words of Go's encoding/json.</summary>
internal static partial class GoJsonError
{
    private static readonly string[] s_literals = ["true", "false", "null"];

    /// <param name="type">What it was read as; null when it was only parsed.</param>
    public static string Of(ReadOnlySpan<byte> text, JsonException error, JsonTypeInfo? type = null)
    {
        if (type is null || Parse(text) is not { } document) return Syntax(text, error);
        using (document) return Mismatch(document.RootElement, type, error.Path ?? "$");
    }

    private static JsonDocument? Parse(ReadOnlySpan<byte> text)
    {
        try
        {
            return JsonDocument.Parse(text.ToArray());
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string Syntax(ReadOnlySpan<byte> text, JsonException error)
    {
        var at = Offset(text, error);
        if (at >= text.Length) return "unexpected EOF";
        var letter = text[at] switch
        {
            (byte)'\'' => @"'\''",
            (byte)'"' => "'\"'",
            < 0x20 => $@"'\x{text[at]:x2}'",
            _ => $"'{Encoding.UTF8.GetString(text[at..]).EnumerateRunes().First()}'",
        };
        return $"invalid character {letter} {Place(text[..at])}";
    }

    private static int Offset(ReadOnlySpan<byte> text, JsonException error)
    {
        var start = 0;
        for (var line = error.LineNumber ?? 0; line > 0; line--) start += text[start..].IndexOf((byte)'\n') + 1;
        return (int)Math.Min(text.Length, start + (error.BytePositionInLine ?? 0));
    }

    /// <summary>Where in a value the letter after this stands that must not stand there.</summary>
    private static string Place(ReadOnlySpan<byte> before)
    {
        var word = Encoding.UTF8.GetString(before[(before.LastIndexOfAnyExceptInRange((byte)'a', (byte)'z') + 1)..]);
        if (word.Length > 0 && s_literals.FirstOrDefault(l => l.Length > word.Length && l.StartsWith(word, StringComparison.Ordinal)) is { } literal)
            return $"in literal {literal} (expecting '{literal[word.Length]}')";
        var (inObject, inName) = Inside(before);
        return (char)before.TrimEnd(" \t\r\n"u8).LastOrDefault() switch
        {
            '{' => "looking for beginning of object key string",
            ',' when inObject => "looking for beginning of object key string",
            '\0' or ':' or '[' or ',' => "looking for beginning of value",
            '"' when inName => "after object key",
            _ => inObject ? "after object key:value pair" : "after array element",
        };
    }

    private static byte LastOrDefault(this ReadOnlySpan<byte> bytes) => bytes.IsEmpty ? default : bytes[^1];

    /// <summary>Whether an object is open, and whether its last string is a name without its colon.</summary>
    private static (bool InObject, bool InName) Inside(ReadOnlySpan<byte> before)
    {
        var open = new Stack<bool>();
        var name = false;
        var quoted = false;
        for (var i = 0; i < before.Length; i++)
        {
            if (quoted)
            {
                if (before[i] == '\\') i++;
                else if (before[i] == '"') quoted = false;
                continue;
            }
            switch ((char)before[i])
            {
                case '"': quoted = true; break;
                case '{': open.Push(true); name = true; break;
                case '[': open.Push(false); name = false; break;
                case ':': name = false; break;
                case ',': name = open.TryPeek(out var inObject) && inObject; break;
                case '}' or ']': open.TryPop(out _); name = false; break;
            }
        }
        return (open.TryPeek(out var last) && last, name);
    }

    private static string Mismatch(JsonElement value, JsonTypeInfo root, string path)
    {
        var (type, fields) = (root.Type, new List<string>());
        foreach (Match step in Step().Matches(path))
        {
            if (step.Groups["index"].Success)
            {
                type = type.GenericTypeArguments is [var item] ? item : type.GetElementType() ?? type;
                if (value.ValueKind == JsonValueKind.Array) value = value[int.Parse(step.Groups["index"].ValueSpan)];
                continue;
            }
            var name = step.Groups["name"].Value;
            var property = root.Options.GetTypeInfo(type).Properties.FirstOrDefault(p => p.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
            fields.Add(property?.Name ?? name);
            type = property?.PropertyType ?? type.GenericTypeArguments.LastOrDefault() ?? type;
            if (value.ValueKind == JsonValueKind.Object)
                value = value.EnumerateObject().LastOrDefault(p => p.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Value;
        }
        var target = fields.Count == 0 ? "Go value" : $"Go struct field {GoName(root.Type)}.{string.Join('.', fields)}";
        return $"json: cannot unmarshal {Kind(value, GoName(type))} into {target} of type {GoName(type)}";
    }

    private static string Kind(JsonElement value, string target) => value.ValueKind switch
    {
        JsonValueKind.Object => "object",
        JsonValueKind.Array => "array",
        JsonValueKind.True or JsonValueKind.False => "bool",
        JsonValueKind.Number when target.Contains("int", StringComparison.Ordinal) || target == "float64" => "number " + value.GetRawText(),
        JsonValueKind.Number => "number",
        _ => "string",
    };

    private static string GoName(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type == typeof(string)) return "string";
        if (type == typeof(bool)) return "bool";
        if (type == typeof(int)) return "int";
        if (type == typeof(long)) return "int64";
        if (type == typeof(uint)) return "uint32";
        if (type == typeof(ulong)) return "uint64";
        if (type == typeof(double)) return "float64";
        if (type.IsArray) return "[]" + GoName(type.GetElementType()!);
        return type.GenericTypeArguments switch
        {
            [var item] => "[]" + GoName(item),
            [_, var value] => "map[string]" + GoName(value),
            _ => type.Name.EndsWith("Json", StringComparison.Ordinal) ? type.Name[..^"Json".Length] : type.Name,
        };
    }

    [GeneratedRegex(@"\.(?<name>[^.\[]+)|\[(?<index>[0-9]+)\]|\['(?<name>[^']*)'\]", RegexOptions.CultureInvariant)]
    private static partial Regex Step();
}
