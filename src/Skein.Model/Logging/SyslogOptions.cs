using System.Globalization;

namespace Skein.Model.Logging;

/// <summary>Where the driver syslog sends to, and how: read from its options.</summary>
/// <param name="Scheme">"", which is the host's own syslog, unix, unixgram, udp, tcp or tcp+tls.</param>
/// <param name="Host">A name, an address, or a socket's path.</param>
/// <param name="Facility">RFC 5424's number, 0 to 23.</param>
public sealed record SyslogOptions(string Scheme, string Host, int Port, int Facility, SyslogFormat Format, string CaFile, string CertificateFile, string KeyFile, bool SkipsVerification)
{
    private const string Address = "syslog-address";
    private const string FacilityName = "syslog-facility";
    private const string FormatName = "syslog-format";
    private const string Ca = "syslog-tls-ca-cert";
    private const string Certificate = "syslog-tls-cert";
    private const string Key = "syslog-tls-key";
    private const string Skip = "syslog-tls-skip-verify";

    private const int DefaultPort = 514;
    private const int Daemon = 3;
    private const int FacilityMax = 23;

    public const string Tls = "tcp+tls";

    public static readonly IReadOnlyList<string> Names = [Address, FacilityName, FormatName, Ca, Certificate, Key, Skip];

    // By number; 12 to 15 have no names.
    private static readonly string[] s_facilities =
    [
        "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp", "", "", "", "",
        "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
    ];

    /// <exception cref="SkeinException">In Docker's words.</exception>
    public static SyslogOptions Parse(IDictionary<string, string> options)
    {
        var (scheme, host, port) = ParseAddress(Get(Address));
        if ((Get(Certificate).Length == 0) != (Get(Key).Length == 0))
            throw SkeinException.Invalid("could not load X509 key pair: both syslog-tls-cert and syslog-tls-key are needed");
        return new(scheme, host, port, ParseFacility(Get(FacilityName)), ParseFormat(Get(FormatName)), Get(Ca), Get(Certificate), Get(Key), options.ContainsKey(Skip));

        string Get(string name) => options.TryGetValue(name, out var value) ? value : "";
    }

    private static (string Scheme, string Host, int Port) ParseAddress(string address)
    {
        if (address.Length == 0) return ("", "", 0);
        var parts = address.Split("://", 2);
        var scheme = parts.Length == 2 ? parts[0].ToLowerInvariant() : "";
        if (scheme is "unix" or "unixgram") return (scheme, parts[1], 0);
        if (scheme is not ("udp" or "tcp" or Tls)) throw SkeinException.Invalid($"unsupported scheme: '{scheme}'");
        var place = parts[1].Split('/', 2)[0];
        var colon = place.LastIndexOf(':');
        if (place.EndsWith(']') || colon < 0) return (scheme, Bare(place), DefaultPort);
        if (place.IndexOf(':', StringComparison.Ordinal) != colon && !place.StartsWith('['))
            throw SkeinException.Invalid($"address {place}: too many colons in address");
        return int.TryParse(place[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and <= ushort.MaxValue
            ? (scheme, Bare(place[..colon]), port)
            : throw SkeinException.Invalid($"address {place}: invalid port");
    }

    private static string Bare(string host) => host.Trim('[', ']') is { Length: > 0 } name ? name : "localhost";

    private static int ParseFacility(string text)
    {
        if (text.Length == 0) return Daemon;
        var named = Array.IndexOf(s_facilities, text);
        if (named >= 0) return named;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= FacilityMax
            ? number
            : throw SkeinException.Invalid("invalid syslog facility");
    }

    private static SyslogFormat ParseFormat(string text) => text switch
    {
        "" => SyslogFormat.Unix,
        "rfc3164" => SyslogFormat.Rfc3164,
        "rfc5424" => SyslogFormat.Rfc5424,
        "rfc5424micro" => SyslogFormat.Rfc5424Micro,
        _ => throw SkeinException.Invalid("Invalid syslog format"),
    };
}
