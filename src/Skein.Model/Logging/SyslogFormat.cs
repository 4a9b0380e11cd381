namespace Skein.Model.Logging;

/// <summary>How a line is written. Unix is the host's own: RFC 3164 without a hostname.</summary>
public enum SyslogFormat
{
    Unix,
    Rfc3164,
    Rfc5424,
    Rfc5424Micro,
}
