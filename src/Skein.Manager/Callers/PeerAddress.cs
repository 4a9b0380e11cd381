using System.Net;

namespace Skein.Manager.Callers;

/// <summary>By what callers without certificate are counted: an IPv4 address, or the /64 that one host of IPv6 has all of.</summary>
public static class PeerAddress
{
    private const int HostBytes = 8;

    public static IPAddress Of(IPAddress? address)
    {
        if (address is null) return IPAddress.None;
        if (address.IsIPv4MappedToIPv6) return address.MapToIPv4();
        var bytes = address.GetAddressBytes();
        if (bytes.Length == 4 || address.IsIPv6LinkLocal || IPAddress.IsLoopback(address)) return new(bytes);
        bytes.AsSpan(HostBytes).Clear();
        return new(bytes);
    }
}
