using System.Net;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Logging;
using Skein.Agent.Networks;
using Skein.Linux.Netlink;
using Skein.Model;

namespace Skein.Agent.Bridges;

/// <summary>The host's own networks: bridges that users made, and Docker's default one. Kept on disk; devices and rules follow them.</summary>
public sealed partial class LocalNetworks
{
    public const string DefaultName = "bridge";

    /// <summary>In the data root.</summary>
    public const string Folder = "local-networks";

    internal const string DefaultDevice = "docker0";
    private const string DefaultLastResort = "172.17.0.0/16";

    private readonly Lock _lock = new();
    private readonly LocalNetworkFiles _files;
    private readonly SubnetPools _pools;
    private readonly IIdSource _ids;
    private readonly TimeProvider _time;
    private readonly ILogger<LocalNetworks> _log;

    // Replaced whole: read from any thread.
    private volatile IReadOnlyList<LocalNetwork> _all;

    /// <param name="folder">Path of a folder of its own.</param>
    public LocalNetworks(string folder, SubnetPools pools, IIdSource ids, TimeProvider time, ILoggerFactory logs)
    {
        (_files, _pools, _ids, _time, _log) = (new(folder), pools, ids, time, logs.CreateLogger<LocalNetworks>());
        var (networks, unreadable) = _files.Read();
        foreach (var path in unreadable) LogUnreadable(path);
        _all = networks;
    }

    public DefaultBridge Default { get; init; } = new();

    /// <summary>Subnets of networks that are not the host's own, which no route of it tells of.</summary>
    public Func<IReadOnlyCollection<IPNetwork>> Elsewhere { get; init; } = static () => [];

    /// <summary>Destinations of the host's routes but the default one.</summary>
    public Func<IReadOnlyCollection<IPNetwork>> Routes { get; init; } = static () => [.. LocalSubnets.Read().Select(subnet => IPNetwork.Parse(subnet))];

    public IReadOnlyList<LocalNetwork> All => _all;

    /// <summary>Whether what leaves by docker_gwbridge has the host's address, as it has unless its user says otherwise.</summary>
    public bool GatewayMasquerades => Find(KnownNetworks.GatewayBridge) is not { } network || BridgeOptions.Flag(network.Options, BridgeOptions.Masquerade, otherwise: true);

    /// <summary>By id, name, or unique id prefix; null when there is none.</summary>
    public LocalNetwork? Find(string idOrName)
    {
        var all = _all;
        if (all.FirstOrDefault(network => network.Id == idOrName) is { } exact) return exact;
        if (all.FirstOrDefault(network => network.Name == idOrName) is { } named) return named;
        var prefixed = all.Where(network => idOrName.Length > 0 && network.Id.StartsWith(idOrName, StringComparison.Ordinal)).ToList();
        return prefixed.Count == 1 ? prefixed[0] : null;
    }

    /// <param name="wanted">Without id and time.</param>
    /// <exception cref="SkeinException">In Docker's words.</exception>
    /// <exception cref="IOException">The disk takes no more.</exception>
    public LocalNetwork Create(LocalNetwork wanted)
    {
        lock (_lock)
        {
            var named = wanted.Clone();
            (named.Id, named.Created) = (_ids.NewContainerId(), Timestamp.FromDateTimeOffset(_time.GetUtcNow()));
            var network = new LocalNetworkPlan(_all, Elsewhere(), Routes(), _pools).Complete(named, UniqueLocal());
            _files.Write(network);
            _all = [.. _all, network];
            return network;
        }
    }

    /// <summary>Docker's "bridge", which is there from the start: made at the first call.</summary>
    /// <param name="standing">Addresses of a device, by its name: one that is there keeps its subnet.</param>
    internal LocalNetwork EnsureDefault(Func<string, IReadOnlyList<InterfaceAddress>> standing)
    {
        // One that stands from an earlier time keeps its subnet, unless the options name another.
        var network = Default.Apply(new LocalNetwork { Name = DefaultName }, inUse: false);
        return EnsureOwn(network, DefaultDevice, DefaultLastResort, standing);
    }

    /// <summary>Docker's "bridge" as the daemon's options have it by now.</summary>
    /// <param name="inUse">Containers run on it: its subnets stay until none does.</param>
    internal LocalNetwork RenewDefault(Func<string, IReadOnlyList<InterfaceAddress>> standing, bool inUse)
    {
        lock (_lock)
        {
            var found = EnsureDefault(standing);
            var wished = Default.Apply(found, inUse);
            // Not looked at anew: what has come to overlap it since must not keep the daemon from its start.
            if (wished.Equals(found)) return found;
            List<LocalNetwork> others = [.. _all.Where(network => network.Id != found.Id)];
            var renewed = new LocalNetworkPlan(others, Elsewhere(), Routes(), _pools).Complete(wished, UniqueLocal());
            _files.Write(renewed);
            _all = [renewed, .. others];
            return renewed;
        }
    }

    /// <summary>docker_gwbridge: the user's, or one for the swarm alone.</summary>
    /// <param name="standing">Addresses of a device, by its name: one that is there keeps its subnet.</param>
    internal LocalNetwork EnsureGateway(Func<string, IReadOnlyList<InterfaceAddress>> standing)
    {
        if (Find(KnownNetworks.GatewayBridge) is { } found) return found;
        // As in Docker the first subnet is the default bridge's.
        EnsureDefault(standing);
        return EnsureOwn(GatewayNetwork.OfSwarm(), KnownNetworks.GatewayBridge, GatewayNetwork.LastResort, standing);
    }

    private LocalNetwork EnsureOwn(LocalNetwork network, string device, string lastResort, Func<string, IReadOnlyList<InterfaceAddress>> standing)
    {
        lock (_lock)
        {
            if (Find(network.Name) is { } found) return found;
            if (network.Ipam.All(config => config.Subnet.Contains(':')))
                network.Ipam.AddRange(standing(device).Where(address => !address.IsIPv6).Take(1).Select(address => new IpamConfig { Subnet = address.Network.ToString(), Gateway = address.Address.ToString() }));
            try
            {
                return Create(network);
            }
            catch (SkeinException none) when (none.Kind == ErrorKind.Unavailable && network.Ipam.All(config => config.Subnet.Contains(':')))
            {
                network.Ipam.Add(new IpamConfig { Subnet = lastResort });
                return Create(network);
            }
        }
    }

    /// <param name="device">Takes what stands for it, before its record goes: a record without a device is made whole by the next daemon, a device without a record would be nobody's for ever.</param>
    public void Remove(string id, Action device)
    {
        lock (_lock)
        {
            device();
            _files.Delete(id);
            _all = [.. _all.Where(network => network.Id != id)];
        }
    }

    /// <summary>RFC 4193: 40 bits of chance.</summary>
    private IPNetwork UniqueLocal()
    {
        var bytes = new byte[16];
        _ids.Fill(bytes.AsSpan(1, 5));
        bytes[0] = 0xfd;
        return new IPNetwork(new IPAddress(bytes), 64);
    }

    [LoggerMessage(4501, LogLevel.Error, "{Path} is no network's file, and left alone")]
    private partial void LogUnreadable(string path);
}
