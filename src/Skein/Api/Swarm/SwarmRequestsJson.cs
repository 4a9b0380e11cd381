using Skein.NodeLife;
using Skein.Model;

namespace Skein.Api.Swarm;

/// <summary>POST /swarm/init</summary>
internal sealed record SwarmInitJson
{
    public string? ListenAddr { get; init; }
    public string? AdvertiseAddr { get; init; }
    public string? DataPathAddr { get; init; }
    public uint DataPathPort { get; init; }
    public bool ForceNewCluster { get; init; }
    public ClusterSpecJson? Spec { get; init; }
    public bool AutoLockManagers { get; init; }
    public string? Availability { get; init; }
    public IReadOnlyList<string>? DefaultAddrPool { get; init; }
    public uint SubnetSize { get; init; }

    public SwarmInitRequest ToModel()
    {
        var spec = (Spec ?? new ClusterSpecJson()).ToModel();
        spec.AutolockManagers |= AutoLockManagers;
        return new SwarmInitRequest(
            ListenAddr ?? "",
            AdvertiseAddr ?? "",
            DataPathAddr ?? "",
            DataPathPort,
            DefaultAddrPool ?? [],
            SubnetSize,
            ForceNewCluster,
            NodeSpecJson.ParseAvailability(Availability),
            spec);
    }
}

/// <summary>POST /swarm/join</summary>
internal sealed record SwarmJoinJson
{
    public string? ListenAddr { get; init; }
    public string? AdvertiseAddr { get; init; }
    public string? DataPathAddr { get; init; }
    public IReadOnlyList<string>? RemoteAddrs { get; init; }
    public string? JoinToken { get; init; }
    public string? Availability { get; init; }

    public SwarmJoinRequest ToModel()
    {
        return new SwarmJoinRequest(
            ListenAddr ?? "",
            AdvertiseAddr ?? "",
            DataPathAddr ?? "",
            RemoteAddrs ?? [],
            JoinToken ?? "",
            NodeSpecJson.ParseAvailability(Availability));
    }
}

/// <summary>POST /swarm/unlock</summary>
internal sealed record SwarmUnlockJson
{
    public string? UnlockKey { get; init; }
}

/// <summary>GET /swarm/unlockkey</summary>
internal sealed record UnlockKeyJson(string UnlockKey);
