namespace Skein.Agent.Dns.Wire;

/// <summary>The bytes are no DNS message. Answered with FORMERR where there is a header to answer.</summary>
internal sealed class DnsFormatException(string message) : Exception(message);
