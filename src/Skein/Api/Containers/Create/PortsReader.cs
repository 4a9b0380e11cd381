using System.Globalization;
using System.Net;
using System.Text.Json;
using Skein.Model;

namespace Skein.Api.Containers.Create;

/// <summary>"80/tcp", and where on the host it is published.</summary>
internal static class PortsReader
{
    // Each is a socket that this host holds, and a line of its tables.
    private const int PublishedLimit = 16_384;

    public static void Read(
        IReadOnlyDictionary<string, JsonElement>? exposed, IReadOnlyDictionary<string, IReadOnlyList<HostConfigJson.PortBindingJson>?>? bindings, StandaloneSpec wish)
    {
        if ((bindings ?? new Dictionary<string, IReadOnlyList<HostConfigJson.PortBindingJson>?>()).Values.Sum(places => places?.Count ?? 0) > PublishedLimit)
            throw SkeinException.Invalid($"more than {PublishedLimit} published ports: the container can use --network host");
        foreach (var port in (exposed ?? new Dictionary<string, JsonElement>()).Keys.Select(Port)) wish.ExposedPorts.Add($"{port.Number}/{port.Protocol}");
        foreach (var (key, places) in bindings ?? new Dictionary<string, IReadOnlyList<HostConfigJson.PortBindingJson>?>())
        {
            var (number, protocol) = Port(key);
            foreach (var place in places ?? [])
                wish.PortBindings.Add(new PortBinding { Port = number, Protocol = protocol, HostIp = Address(place.HostIp), HostPort = Range(place.HostPort) });
        }
    }

    private static (uint Number, string Protocol) Port(string text)
    {
        var (number, protocol) = text.Split('/') is [var n, var p] ? (n, p.ToLowerInvariant()) : (text, "tcp");
        if (!ushort.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port == 0) throw SkeinException.Invalid($"invalid port specification: \"{number}\"");
        return protocol is "tcp" or "udp" or "sctp" ? (port, protocol) : throw SkeinException.Invalid($"invalid proto: {protocol}");
    }

    private static string Address(string? address) => address is null or "" ? ""
        : IPAddress.TryParse(address, out var parsed) ? parsed.ToString()
        : throw SkeinException.Invalid($"invalid IP address: {address}");

    /// <summary>One, or a range of which any will do.</summary>
    private static string Range(string? text)
    {
        if (text is null or "" or "0") return "";
        var ends = text.Split('-', 2).Select(end => ushort.TryParse(end, NumberStyles.None, CultureInfo.InvariantCulture, out var port) ? port : (int?)null).ToList();
        return ends.All(end => end > 0) && ends[0] <= ends[^1] ? text : throw SkeinException.Invalid($"invalid port specification: \"{text}\"");
    }
}
