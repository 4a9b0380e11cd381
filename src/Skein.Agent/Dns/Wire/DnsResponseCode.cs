namespace Skein.Agent.Dns.Wire;

internal enum DnsResponseCode : ushort
{
    NoError = 0,
    FormatError = 1,
    ServerFailure = 2,
    NameError = 3,
    NotImplemented = 4,
    Refused = 5,
    /// <summary>RFC 6891: an EDNS version other than 0; its upper bits stand in the OPT record.</summary>
    BadVersion = 16,
}
