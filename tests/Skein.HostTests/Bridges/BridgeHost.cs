using Microsoft.Extensions.Logging.Abstractions;
using Skein.Agent.Bridges;
using Skein.Agent.Mesh;
using Skein.Agent.Networks;
using Skein.Agent.Session;
using Skein.Linux.Namespaces;
using Skein.Linux.Netlink;
using Skein.Model;

namespace Skein.HostTests.Bridges;

/// <summary>A host with users' containers at 192.168.58.11, and a client on its LAN that takes it for the way to everywhere.</summary>
internal sealed class BridgeHost : IAsyncDisposable
{
    public const string Address = "192.168.58.11", ClientAddress = "192.168.58.9";

    private readonly string _folder = Directory.CreateTempSubdirectory("skein-bridges-").FullName;
    private readonly List<NetworkNamespace> _opened = [];
    private CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;
    private DefaultBridge _default = new();
    private int _made;

    public BridgeHost()
    {
        (Space, Client) = (NetworkNamespace.Create(Path.Combine(_folder, "host")), NetworkNamespace.Create(Path.Combine(_folder, "client")));
        Space.Run(() => Commands.Run("bash", "-euc", $$"""
            ip link set lo up
            ip link add eth0 type veth peer name peer0
            ip addr add {{Address}}/24 dev eth0; ip addr add fd58::11/64 dev eth0 nodad; ip link set eth0 up
            """));
        using (var netlink = RtNetlink.Open(Space)) netlink.Apply(new NetlinkBatch().Move(netlink.FindLink("peer0")!.Index, Client));
        Client.Run(() => Commands.Run("bash", "-euc", $"""
            ip link set lo up
            ip link set peer0 name eth0
            ip addr add {ClientAddress}/24 dev eth0; ip addr add fd58::9/64 dev eth0 nodad; ip link set eth0 up
            ip route add default via {Address}; ip -6 route add default via fd58::11
            """));
        File.WriteAllText(ResolvConf, "nameserver 127.0.0.1\nnameserver 192.168.58.53\nsearch lan\n");
        Start();
    }

    public NetworkNamespace Space { get; }

    public NetworkNamespace Client { get; }

    public string ResolvConf => Path.Combine(_folder, "resolv.conf");

    public BridgeNetworkingOptions Options => new(Path.Combine(_folder, "run"), Path.Combine(_folder, "data"), ResolvConf);

    public LocalNetworks Networks { get; private set; } = null!;

    public BridgeNetworking Networking { get; private set; } = null!;

    public NamespaceServices Services { get; private set; } = null!;

    /// <summary>This host is in no swarm until a test tells it of one.</summary>
    public OverlayNetworking Overlays { get; private set; } = null!;

    /// <summary>Once it is in a swarm.</summary>
    public string FabricPin => OverlayOptions.PinOf("skein-fabric");

    private OverlayNetworkingOptions OverlayOptions => new(Options.ExecRoot, Options.DataRoot, HostResolvConf: ResolvConf);

    public AssignmentState Assignments { get; private set; } = null!;

    public OverlayAttachments Attachments { get; private set; } = null!;

    public List<ContainerDefinition> Containers { get; } = [];

    public NetworkNamespace Open(string name)
    {
        var space = NetworkNamespace.Open(Networking.NamespacePathOf(Containers.Last(one => one.Name == name).Id));
        _opened.Add(space);
        return space;
    }

    public Task<LocalNetwork> CreateAsync(string name, Action<LocalNetwork>? with = null)
    {
        var network = new LocalNetwork { Name = name };
        with?.Invoke(network);
        return Networking.CreateNetworkAsync(network, default);
    }

    public Task<ContainerNetwork> RunAsync(string name, string network = "", Action<StandaloneSpec>? with = null)
    {
        var definition = new ContainerDefinition
        {
            Id = $"{++_made:x}".PadRight(64, 'c'),
            Name = name,
            Hostname = $"host-{name}",
            Spec = new ContainerSpec(),
            Standalone = new StandaloneSpec { NetworkMode = network.Length > 0 ? network : "default" },
        };
        definition.Standalone.Endpoints.Add(new StandaloneEndpoint { Network = network.Length > 0 ? network : "bridge" });
        with?.Invoke(definition.Standalone);
        Containers.Add(definition);
        return AttachAsync(definition);
    }

    public Task<ContainerNetwork> AttachAsync(ContainerDefinition definition) => Networking.AttachAsync(definition, default, default);

    /// <summary>The endpoint is its definition's last.</summary>
    public Task<ContainerNetwork> ConnectAsync(ContainerDefinition definition, Func<Task>? note = null) =>
        Networking.ConnectAsync(definition, definition.Standalone.Endpoints[^1], note ?? (static () => Task.CompletedTask), default, default);

    public Task StopAsync(string name) => Networking.DetachAsync(Containers.Last(one => one.Name == name).Id, returns: false, default);

    /// <summary>The daemon goes and a fresh one comes; the kernel is as it was.</summary>
    public async Task RestartAsync(params string[] running)
    {
        await EndAsync();
        Start();
        await Networking.RecoverAsync([.. Containers.Where(one => running.Contains(one.Name))], default);
    }

    /// <summary>With other options of the daemon.</summary>
    public Task RestartWithAsync(DefaultBridge options)
    {
        _default = options;
        return RestartAsync();
    }

    public void Follow()
    {
        _stop = new CancellationTokenSource();
        _running = Networking.RunAsync(_stop.Token);
    }

    /// <summary>The same in a swarm, as its node does.</summary>
    public void FollowSwarm()
    {
        _stop = new CancellationTokenSource();
        Attachments.Begin(static () => true);
        _running = Task.WhenAll(Networking.RunAsync(_stop.Token), Networking.FollowSwarmAsync(_stop.Token), Overlays.RunAsync(_stop.Token));
    }

    public static PortBinding Port(uint port, string host = "", string address = "", string protocol = "tcp") =>
        new() { Port = port, Protocol = protocol, HostPort = host, HostIp = address };

    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        foreach (var space in _opened) space.Dispose();
        NamespacePins.DeleteAll(Options.Pins);
        NamespacePins.DeleteAll(OverlayOptions.Pins);
        Space.Dispose();
        Client.Dispose();
        foreach (var pin in (string[])["host", "client"]) NetworkNamespace.Delete(Path.Combine(_folder, pin));
        Directory.Delete(_folder, recursive: true);
    }

    private void Start()
    {
        var logs = NullLoggerFactory.Instance;
        var assignments = Assignments = new AssignmentState();
        Attachments = new(assignments, new CryptoIdSource(), TimeProvider.System, logs);
        Services = new NamespaceServices(assignments, Options.ExecRoot, ResolvConf, TimeProvider.System, logs, NetworkNamespace.Open(Space.Path));
        Networks = new LocalNetworks(Path.Combine(Options.DataRoot, "local-networks"), SubnetPools.Dockers, new CryptoIdSource(), TimeProvider.System, logs) { Routes = static () => [], Default = _default };
        var gateway = new GatewayBridge(Networks, NetworkNamespace.Open(Space.Path));
        Overlays = new OverlayNetworking(
            OverlayOptions, assignments, Services, gateway, TimeProvider.System, logs, NetworkNamespace.Open(Space.Path));
        Networking = new BridgeNetworking(
            Options, Networks, Services, new(Attachments, assignments, Overlays), TimeProvider.System, logs, NetworkNamespace.Open(Space.Path));
    }

    private async Task EndAsync()
    {
        await _stop.CancelAsync();
        await _running.ContinueWith(static _ => { }, TaskScheduler.Default);
        Networking.Dispose();
        Overlays.Dispose();
        await Services.DisposeAsync();
    }
}
