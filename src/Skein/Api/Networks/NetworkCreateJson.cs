using Skein.Agent.Bridges;
using Skein.Model;

namespace Skein.Api.Networks;

/// <summary>POST /networks/create</summary>
internal sealed record NetworkCreateJson
{
    public string? Name { get; init; }
    public string? Driver { get; init; }
    public string? Scope { get; init; }
    public bool? EnableIPv4 { get; init; }
    public bool? EnableIPv6 { get; init; }
    public NetworkJson.IpamJson? IPAM { get; init; }
    public bool Internal { get; init; }
    public bool Attachable { get; init; }
    public bool Ingress { get; init; }
    public bool ConfigOnly { get; init; }
    public NetworkJson.NamedJson? ConfigFrom { get; init; }
    public IReadOnlyDictionary<string, string>? Options { get; init; }
    public IReadOnlyDictionary<string, string>? Labels { get; init; }

    /// <summary>Of the host's own.</summary>
    public bool IsOfHost => IsBridge || Driver == MacvlanOptions.Driver;

    private bool IsBridge => Driver is null or "" or "bridge";

    /// <summary>Of the host's own, in terms of its record.</summary>
    public LocalNetwork ToLocal()
    {
        var network = new LocalNetwork { Name = Name ?? "", Driver = IsBridge ? "" : Driver, Ipv6 = EnableIPv6 ?? false, Internal = Internal, Attachable = Attachable };
        network.Labels.Add((Labels ?? new Dictionary<string, string>()).ToDictionary());
        network.Options.Add((Options ?? new Dictionary<string, string>()).ToDictionary());
        // One that names nothing is what the CLI sends for none.
        network.Ipam.AddRange((IPAM?.Config ?? []).Select(config => config.ToModel()).Where(config => config.Subnet.Length + config.Gateway.Length + config.IpRange.Length > 0));
        return network;
    }

    public NetworkSpec ToModel()
    {
        var spec = new NetworkSpec
        {
            Annotations = new Annotations { Name = Name ?? "" },
            Driver = Driver ?? "",
            Ipv6Enabled = EnableIPv6 ?? false,
            Internal = Internal,
            Attachable = Attachable,
            Ingress = Ingress,
        };
        if (Labels is not null) spec.Annotations.Labels.Add(Labels.ToDictionary());
        if (Options is not null) spec.DriverOptions.Add(Options.ToDictionary());
        if (IPAM?.Config is not null) spec.Ipam.AddRange(IPAM.Config.Select(c => c.ToModel()));
        if (IPAM?.Options is not null) spec.IpamOptions.Add(IPAM.Options.ToDictionary());
        return spec;
    }
}

internal sealed record NetworkCreatedJson(string Id, string Warning);

internal sealed record NetworkPruneJson(IReadOnlyList<string> NetworksDeleted);
