using System.Text.Json.Serialization;
using Skein.Model;

namespace Skein.Api.Networks;

/// <summary>A network as GET /networks shows it.</summary>
internal sealed record NetworkJson
{
    public required string Name { get; init; }
    public required string Id { get; init; }
    public required string Created { get; init; }
    public required string Scope { get; init; }
    public required string Driver { get; init; }
    public bool EnableIPv4 { get; init; } = true;
    public bool EnableIPv6 { get; init; }
    public required IpamJson IPAM { get; init; }
    public bool Internal { get; init; }
    public bool Attachable { get; init; }
    public bool Ingress { get; init; }
    public NamedJson ConfigFrom { get; init; } = new("");
    public bool ConfigOnly { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public IReadOnlyDictionary<string, ContainerJson>? Containers { get; init; }

    public IReadOnlyDictionary<string, string> Options { get; init; } = new Dictionary<string, string>();
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();
    public IReadOnlyList<PeerJson>? Peers { get; init; }
    public IReadOnlyDictionary<string, ServiceJson>? Services { get; init; }

    internal sealed record NamedJson(string Network);

    internal sealed record IpamJson
    {
        public string Driver { get; init; } = "default";

        [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
        public IReadOnlyDictionary<string, string>? Options { get; init; }

        [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
        public IReadOnlyList<IpamConfigJson>? Config { get; init; }
    }

    internal sealed record IpamConfigJson
    {
        public string? Subnet { get; init; }
        public string? IPRange { get; init; }
        public string? Gateway { get; init; }
        public IReadOnlyDictionary<string, string>? AuxiliaryAddresses { get; init; }

        public static IpamConfigJson From(IpamConfig config) => new()
        {
            Subnet = config.Subnet,
            IPRange = config.IpRange.Length == 0 ? null : config.IpRange,
            Gateway = config.Gateway.Length == 0 ? null : config.Gateway,
            AuxiliaryAddresses = config.AuxAddresses.Count == 0 ? null : config.AuxAddresses,
        };

        public IpamConfig ToModel()
        {
            var model = new IpamConfig { Subnet = Subnet ?? "", IpRange = IPRange ?? "", Gateway = Gateway ?? "" };
            foreach (var (name, address) in AuxiliaryAddresses ?? new Dictionary<string, string>()) model.AuxAddresses[name] = address;
            return model;
        }
    }

    internal sealed record ContainerJson(string Name, string EndpointID, string MacAddress, string IPv4Address, string IPv6Address);

    internal sealed record PeerJson(string Name, string IP);

    internal sealed record ServiceJson(string VIP, IReadOnlyList<string> Ports, int LocalLBIndex, IReadOnlyList<TaskJson> Tasks);

    internal sealed record TaskJson(string Name, string EndpointID, string EndpointIP, IReadOnlyDictionary<string, string> Info);
}
