using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Skein.Agent.Containers.Logs.Collectors;

/// <summary>A line in journald's own protocol: fields as NAME=value, and those that hold a newline with their length. The names are Docker's.</summary>
internal static class JournalMessage
{
    private const string Error = "3";
    private const string Information = "6";

    /// <param name="common">Fields that each line of the container has.</param>
    /// <param name="ordinal">Of the lines sent since the driver began, from 1.</param>
    public static byte[] Write(CollectedLine line, IEnumerable<KeyValuePair<string, string>> common, ulong ordinal)
    {
        var message = new ArrayBufferWriter<byte>(line.Text.Length + 512);
        Add("PRIORITY", Encoding.ASCII.GetBytes(line.IsError ? Error : Information));
        Add("MESSAGE", line.Text.Span);
        foreach (var (name, value) in common) Add(name, Encoding.UTF8.GetBytes(value));
        Add("SYSLOG_TIMESTAMP", Encoding.ASCII.GetBytes(line.Time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.FFFFFFFK", CultureInfo.InvariantCulture)));
        Add("CONTAINER_LOG_ORDINAL", Number(ordinal));
        if (line.Part is { } part)
        {
            Add("CONTAINER_PARTIAL_ID", Encoding.ASCII.GetBytes(part.Id));
            Add("CONTAINER_PARTIAL_ORDINAL", Number((ulong)part.Ordinal));
            Add("CONTAINER_PARTIAL_LAST", part.IsLast ? "true"u8 : "false"u8);
            if (!part.IsLast) Add("CONTAINER_PARTIAL_MESSAGE", "true"u8);
        }
        return message.WrittenSpan.ToArray();

        void Add(string name, ReadOnlySpan<byte> value)
        {
            message.Write(Encoding.ASCII.GetBytes(name));
            if (value.Contains((byte)'\n'))
            {
                message.Write("\n"u8);
                BinaryPrimitives.WriteUInt64LittleEndian(message.GetSpan(sizeof(ulong)), (ulong)value.Length);
                message.Advance(sizeof(ulong));
            }
            else message.Write("="u8);
            message.Write(value);
            message.Write("\n"u8);
        }
    }

    /// <summary>A label's or variable's name as journald takes one: capitals, digits and underscores, which it does not begin with.</summary>
    public static string FieldName(string name) =>
        string.Concat(name.ToUpperInvariant().Select(c => char.IsAsciiLetterUpper(c) || char.IsAsciiDigit(c) ? c : '_')).TrimStart('_');

    private static byte[] Number(ulong number) => Encoding.ASCII.GetBytes(number.ToString(CultureInfo.InvariantCulture));
}
