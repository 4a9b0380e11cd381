namespace Skein.Agent.Dns.Wire;

/// <summary>Record types that are treated by name; all others pass through as numbers.</summary>
internal enum DnsType : ushort
{
    A = 1,
    Ptr = 12,
    Aaaa = 28,
    Opt = 41,
    Any = 255,
}
