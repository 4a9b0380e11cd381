using System.Net;
using System.Net.Sockets;
using Skein.Agent.Containers;
using Skein.Model;
using Skein.Model.Validation;

namespace Skein.Api.Containers.Create;

/// <summary>The networks a container is put on: that of its mode, and those beside it.</summary>
internal static class EndpointsReader
{
    public static void Read(ContainerCreateJson json, StandaloneSpec wish)
    {
        if (json.NetworkDisabled == true) throw SkeinException.Invalid("NetworkDisabled is not supported: use the network mode none");
        var mode = wish.NetworkMode;
        var given = (json.NetworkingConfig?.EndpointsConfig ?? new Dictionary<string, EndpointWishJson>())
            .ToDictionary(one => one.Key == "default" ? NamespaceReader.DefaultNetwork : one.Key, one => one.Value);
        var isShared = mode == NamespaceMode.Host || NamespaceMode.Container(mode) is not null;
        if (isShared && given.Keys.Any(name => name != mode)) throw SkeinException.Invalid("container sharing network namespace with another container or host cannot be connected to any other network");
        if (mode == NamespaceMode.None && given.Keys.Any(name => name != mode)) throw SkeinException.Invalid("container cannot be connected to multiple networks with one of the networks in private (none) mode");
        if (isShared || mode == NamespaceMode.None) return;
        given.TryAdd(mode, new());
        if (json.MacAddress is { Length: > 0 } mac && given[mode].MacAddress is null or "") given[mode] = given[mode] with { MacAddress = mac };
        foreach (var (name, endpoint) in given.OrderBy(one => one.Key != mode).ThenBy(one => one.Key, StringComparer.Ordinal))
        {
            var read = Read(name, endpoint);
            read.Number = (uint)wish.Endpoints.Count;
            wish.Endpoints.Add(read);
        }
    }

    public static StandaloneEndpoint Read(string network, EndpointWishJson json)
    {
        var endpoint = new StandaloneEndpoint
        {
            Network = network,
            Ipv4Address = Address(json.IPAMConfig?.IPv4Address, "IPv4"),
            Ipv6Address = Address(json.IPAMConfig?.IPv6Address, "IPv6"),
            MacAddress = json.MacAddress is null or "" ? "" : Mac(json.MacAddress),
            GwPriority = json.GwPriority ?? 0,
        };
        endpoint.Links.AddRange(LinkReader.Words(json.Links));
        endpoint.LinkLocalIps.AddRange(json.IPAMConfig?.LinkLocalIPs ?? []);
        endpoint.Aliases.AddRange(json.Aliases ?? []);
        foreach (var (key, value) in json.DriverOpts ?? new Dictionary<string, string>()) endpoint.DriverOpts[key] = value;
        return endpoint;
    }

    private static string Address(string? text, string family) => text is null or "" ? ""
        : IPAddress.TryParse(text, out var address) && address.AddressFamily == (family == "IPv4" ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6)
            ? address.ToString()
            : throw SkeinException.Invalid($"invalid endpoint settings:\ninvalid {family} address: {text}");

    private static string Mac(string text)
    {
        var mac = text.Replace('-', ':').ToLowerInvariant();
        return AttachmentBounds.IsUnicast(mac) ? mac : throw SkeinException.Invalid($"invalid endpoint settings:\ninvalid MAC address: {text}");
    }
}
