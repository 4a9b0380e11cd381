using System.Buffers;
using System.Globalization;
using System.Text;
using Skein.Model.Logging;

namespace Skein.Agent.Containers.Logs.Collectors;

/// <summary>A line as syslog writes it, in the forms that Docker's options name. Each ends with a newline, as Docker's do.</summary>
internal static class SyslogMessage
{
    private const int Error = 3;
    private const int Information = 6;

    public static byte[] Write(CollectedLine line, SyslogOptions options, string hostname, string tag, int process, TimeZoneInfo zone)
    {
        var head = Encoding.UTF8.GetBytes(Head(line, options, hostname, tag, process, TimeZoneInfo.ConvertTime(line.Time, zone)));
        var length = head.Length + line.Text.Length + 1;
        var count = IsCounted(options) ? Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{length} ")) : [];
        var message = new ArrayBufferWriter<byte>(count.Length + length);
        message.Write(count);
        message.Write(head);
        message.Write(line.Text.Span);
        message.Write("\n"u8);
        return message.WrittenSpan.ToArray();
    }

    private static bool IsCounted(SyslogOptions options) => options is { Scheme: SyslogOptions.Tls, Format: SyslogFormat.Rfc5424 or SyslogFormat.Rfc5424Micro };

    private static string Head(CollectedLine line, SyslogOptions options, string hostname, string tag, int process, DateTimeOffset time)
    {
        var priority = (options.Facility << 3) | (line.IsError ? Error : Information);
        return options.Format switch
        {
            SyslogFormat.Unix => string.Create(CultureInfo.InvariantCulture, $"<{priority}>{Stamp(time)} {tag}[{process}]: "),
            SyslogFormat.Rfc3164 => string.Create(CultureInfo.InvariantCulture, $"<{priority}>{Stamp(time)} {hostname} {tag}[{process}]: "),
            var format => string.Create(CultureInfo.InvariantCulture, $"<{priority}>1 {Rfc3339(time, format == SyslogFormat.Rfc5424Micro)} {hostname} {tag} {process} {tag} - "),
        };
    }

    // Day of the month in two columns.
    private static string Stamp(DateTimeOffset time) =>
        string.Create(CultureInfo.InvariantCulture, $"{time:MMM} {time.Day,2} {time:HH:mm:ss}");

    private static string Rfc3339(DateTimeOffset time, bool micro)
    {
        var text = time.ToString(micro ? "yyyy-MM-ddTHH:mm:ss.ffffff" : "yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture);
        return text + (time.Offset == TimeSpan.Zero ? "Z" : time.ToString("zzz", CultureInfo.InvariantCulture));
    }
}
