using Skein.Api.Networks;
using Skein.Model;

namespace Skein.Api.Swarm;

/// <summary>A network as the swarm has it, in a task's attachments: another form than that of GET /networks.</summary>
internal sealed record SwarmNetworkJson
{
    public required string ID { get; init; }
    public required VersionIndexJson Version { get; init; }
    public required string CreatedAt { get; init; }
    public required string UpdatedAt { get; init; }
    public required SpecJson Spec { get; init; }
    public required NetworkDriverJson DriverState { get; init; }
    public required IpamJson IPAMOptions { get; init; }

    internal sealed record SpecJson
    {
        public required string Name { get; init; }
        public required IReadOnlyDictionary<string, string> Labels { get; init; }
        public required NetworkDriverJson DriverConfiguration { get; init; }
        public bool? IPv6Enabled { get; init; }
        public bool? Internal { get; init; }
        public bool? Attachable { get; init; }
        public bool? Ingress { get; init; }
        public required IpamJson IPAMOptions { get; init; }
        public string Scope { get; init; } = "swarm";
    }

    internal sealed record NetworkDriverJson(string? Name, IReadOnlyDictionary<string, string>? Options);

    internal sealed record IpamJson(NetworkDriverJson Driver, IReadOnlyList<RangeJson>? Configs);

    internal sealed record RangeJson(string? Subnet, string? Range, string? Gateway);

    /// <summary>A network that is gone from the store has its id, and nothing else to be told.</summary>
    public static SwarmNetworkJson From(Network network)
    {
        var spec = network.Spec ?? new NetworkSpec();
        return new SwarmNetworkJson
        {
            ID = network.Id,
            Version = VersionIndexJson.From(network.Meta),
            CreatedAt = GoTime.Format(network.Meta?.CreatedAt),
            UpdatedAt = GoTime.Format(network.Meta?.UpdatedAt),
            Spec = new SpecJson
            {
                Name = spec.Annotations?.Name ?? "",
                Labels = spec.Annotations?.Labels.ToDictionary() ?? [],
                DriverConfiguration = Driver(spec.Driver, spec.DriverOptions.ToDictionary()),
                IPv6Enabled = TrueOrNull(spec.Ipv6Enabled),
                Internal = TrueOrNull(spec.Internal),
                Attachable = TrueOrNull(spec.Attachable),
                Ingress = TrueOrNull(spec.Ingress),
                IPAMOptions = Ipam(spec.Ipam),
            },
            DriverState = Driver(spec.Driver, OverlayOptions.Of(spec.DriverOptions, network.Vni)),
            IPAMOptions = Ipam(network.Ipam),
        };
    }

    private static NetworkDriverJson Driver(string name, Dictionary<string, string> options) => new(NullIfEmpty(name), options.Count == 0 ? null : options);

    private static IpamJson Ipam(IReadOnlyCollection<IpamConfig> ranges) => new(
        new NetworkDriverJson("default", null),
        ranges.Count == 0 ? null : [.. ranges.Select(r => new RangeJson(NullIfEmpty(r.Subnet), NullIfEmpty(r.IpRange), NullIfEmpty(r.Gateway)))]);

    private static bool? TrueOrNull(bool value) => value ? true : null;

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;
}
