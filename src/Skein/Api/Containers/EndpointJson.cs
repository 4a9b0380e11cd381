using System.Globalization;
using System.Text.Json.Serialization;
using Skein.Agent.Containers;
using Skein.Agent.Networks;
using Skein.Api.Networks;
using Skein.Model;

namespace Skein.Api.Containers;

/// <summary>A container's leg on one network, as in NetworkSettings.Networks.</summary>
internal sealed record EndpointJson
{
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public IpamJson? IPAMConfig { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public IReadOnlyList<string>? Links { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public IReadOnlyList<string>? Aliases { get; init; }

    public required string MacAddress { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public IReadOnlyDictionary<string, string>? DriverOpts { get; init; }

    public int GwPriority { get; init; }
    public required string NetworkID { get; init; }
    public required string EndpointID { get; init; }
    public required string Gateway { get; init; }
    public required string IPAddress { get; init; }
    public required int IPPrefixLen { get; init; }
    public string IPv6Gateway { get; init; } = "";
    public string GlobalIPv6Address { get; init; } = "";
    public int GlobalIPv6PrefixLen { get; init; }
    public IReadOnlyList<string> DNSNames { get; init; } = [];

    internal sealed record IpamJson(string? IPv4Address, string? IPv6Address = null)
    {
        /// <summary>What its user named; null when that is nothing.</summary>
        public static IpamJson? Of(StandaloneEndpoint wish) => wish.Ipv4Address.Length + wish.Ipv6Address.Length == 0
            ? null
            : new(NullIfEmpty(wish.Ipv4Address), NullIfEmpty(wish.Ipv6Address));

        private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;
    }

    public static IReadOnlyDictionary<string, EndpointJson> From(ContainerRecord container, ContainerNetwork? network) => WithoutLeg(container) is { } mode
        ? new Dictionary<string, EndpointJson> { [mode] = new() { MacAddress = "", NetworkID = mode, EndpointID = "", Gateway = "", IPAddress = "", IPPrefixLen = 0 } }
        : LegsOf(container, network).ToDictionary(leg => leg.NetworkName, leg => From(container, leg));

    /// <summary>As they are now; of a container that has none (any more) the names of its networks, without addresses.</summary>
    public static IEnumerable<ContainerLeg> LegsOf(ContainerRecord container, ContainerNetwork? network)
    {
        if (WithoutLeg(container) is { } mode) return [new ContainerLeg(mode, mode, "", [], "", "")];
        return network is null
            ? container.Definition.Networks.Select(known => new ContainerLeg(known.Id, known.Name, "", [], "", ""))
            : network.Legs.Where(leg => leg.NetworkName != KnownNetworks.GatewayBridge);   // Docker does not list it either
    }

    /// <summary>The networks host and none, on which nothing has a leg; Docker lists them as it does others.</summary>
    private static string? WithoutLeg(ContainerRecord container) =>
        container.Definition.Standalone?.NetworkMode is NamespaceMode.Host or NamespaceMode.None ? container.Definition.Standalone.NetworkMode : null;

    private static EndpointJson From(ContainerRecord container, ContainerLeg leg)
    {
        var v4 = Split(leg.Addresses.FirstOrDefault(a => !a.Contains(':')));
        var v6 = Split(leg.Addresses.FirstOrDefault(a => a.Contains(':')));
        var wish = container.Definition.Standalone?.Endpoints.FirstOrDefault(one => one.Network == leg.NetworkName || one.Network == leg.NetworkId);
        return new EndpointJson
        {
            IPAMConfig = wish is null ? new IpamJson(v4.Address.Length > 0 ? v4.Address : null) : IpamJson.Of(wish),
            Links = wish is null || wish.Links.Count == 0 ? null : wish.Links,
            Aliases = wish is null ? [] : wish.Aliases.Count == 0 ? null : wish.Aliases,
            GwPriority = wish?.GwPriority ?? 0,
            MacAddress = leg.Mac.Length > 0 ? leg.Mac : wish?.MacAddress ?? "",
            NetworkID = leg.NetworkId,
            EndpointID = leg.Addresses.Count > 0 ? EndpointId.Of(EndpointId.OwnerOf(container), leg.NetworkId) : "",
            Gateway = leg.Gateway,
            IPv6Gateway = leg.GatewayIPv6,
            IPAddress = v4.Address,
            IPPrefixLen = v4.Length,
            GlobalIPv6Address = v6.Address,
            GlobalIPv6PrefixLen = v6.Length,
            DNSNames = leg.Names.Count > 0 ? leg.Names : [container.Name, container.Id[..Math.Min(12, container.Id.Length)]],
        };
    }

    private static (string Address, int Length) Split(string? cidr) =>
        cidr?.Split('/') is [var address, var length] ? (address, int.Parse(length, CultureInfo.InvariantCulture)) : ("", 0);
}
