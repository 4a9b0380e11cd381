using System.Buffers;
using System.Globalization;
using System.Text.Json;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Skein.Agent.Containers.Devices;

/// <summary>
/// A YAML document as JSON, as far as configuration files go: mappings, lists and scalars. What stands unquoted is null where YAML says so,
/// and a number where it is octal, as Go's readers have it; all else is its text. Anchors, and what is repeated by them, are refused: a few
/// lines of them mean gigabytes.
/// </summary>
internal static class YamlToJson
{
    private const int DepthMax = 32;

    /// <exception cref="JsonException">It is no YAML, or holds what is not taken.</exception>
    public static ReadOnlyMemory<byte> Convert(TextReader yaml)
    {
        var json = new ArrayBufferWriter<byte>();
        try
        {
            using var writer = new Utf8JsonWriter(json);
            var parser = new Parser(new Scanner(yaml, skipComments: true));
            parser.Consume<StreamStart>();
            parser.Consume<DocumentStart>();
            Write(parser, writer, 0);
            parser.Consume<DocumentEnd>();
            if (!parser.Accept<StreamEnd>(out _)) throw new JsonException("it holds more than one document");
        }
        catch (YamlException error)
        {
            throw new JsonException($"line {error.Start.Line}: {error.Message}", error);
        }
        return json.WrittenMemory;
    }

    private static void Write(Parser parser, Utf8JsonWriter writer, int depth)
    {
        if (depth > DepthMax) throw new JsonException($"it is nested more than {DepthMax} deep");
        switch (parser.Consume<ParsingEvent>())
        {
            case AnchorAlias or NodeEvent { Anchor.IsEmpty: false }:
                throw new JsonException("anchors and aliases are not read");
            case Scalar scalar:
                Write(scalar, writer);
                break;
            case SequenceStart:
                writer.WriteStartArray();
                while (!parser.TryConsume<SequenceEnd>(out _)) Write(parser, writer, depth + 1);
                writer.WriteEndArray();
                break;
            case MappingStart:
                WriteMapping(parser, writer, depth);
                break;
            case var other:
                throw new JsonException($"line {other.Start.Line}: nothing stands there");
        }
    }

    private static void WriteMapping(Parser parser, Utf8JsonWriter writer, int depth)
    {
        writer.WriteStartObject();
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            writer.WritePropertyName(parser.Consume<Scalar>().Value);
            Write(parser, writer, depth + 1);
        }
        writer.WriteEndObject();
    }

    private static void Write(Scalar scalar, Utf8JsonWriter writer)
    {
        var isPlain = scalar is { Style: ScalarStyle.Plain, Tag.IsEmpty: true };
        if (isPlain && scalar.Value is "" or "~" or "null" or "Null" or "NULL") writer.WriteNullValue();
        else writer.WriteStringValue(isPlain && OctalOf(scalar.Value) is { } number ? number.ToString(CultureInfo.InvariantCulture) : scalar.Value);
    }

    /// <summary>0644 or 0o644.</summary>
    private static uint? OctalOf(string text)
    {
        var digits = text.StartsWith("0o", StringComparison.Ordinal) ? text[2..] : text is ['0', _, ..] ? text[1..] : "";
        if (digits.Length is 0 or > 10 || !digits.All(digit => digit is >= '0' and <= '7')) return null;
        return digits.Aggregate(0u, (number, digit) => number * 8 + digit - '0');
    }
}
