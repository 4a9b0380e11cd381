using System.Net;
using Skein.Agent.Networks;
using Skein.Model;

namespace Skein.Api.Containers.Create;

/// <summary>`--add-host NAME:ADDRESS`, and its form in the hosts file.</summary>
internal static class ExtraHost
{
    public static string ToLine(string entry)
    {
        // An address of IPv6 has colons of its own.
        var at = entry.IndexOfAny([':', '=']);
        if (at <= 0) throw SkeinException.Invalid($"bad format for add-host: \"{entry}\"");
        var (name, address) = (entry[..at], entry[(at + 1)..]);
        if (address.Length > 2 && address[0] == '[' && address[^1] == ']') address = address[1..^1];
        return address == HostGateway.Word || IPAddress.TryParse(address, out _) ? $"{address} {name}" : throw SkeinException.Invalid($"invalid IP address in add-host: \"{address}\"");
    }
}
