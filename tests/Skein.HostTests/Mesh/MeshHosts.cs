using System.Collections.Immutable;
using Microsoft.Extensions.Logging.Abstractions;
using Skein.Agent.Mesh;
using Skein.Agent.Networks;
using Skein.Agent.Session;
using Skein.Linux.Namespaces;
using Skein.Linux.Nftables;
using Skein.Model;

namespace Skein.HostTests.Mesh;

/// <summary>
/// Two hosts on a LAN with a client, each with one container on the networks "ingress" and "ov" and an ingress namespace.
/// Devices are made with `ip`; everything under test is made by <see cref="NamespaceServices"/>. Service "web" publishes 8080:80.
/// </summary>
internal sealed class MeshHosts : IAsyncDisposable
{
    public const string Vip = "10.0.1.2";
    public static readonly PortConfig Tcp = new() { Protocol = PortProtocol.Tcp, TargetPort = 80, PublishedPort = 8080 };
    public static readonly PortConfig Udp = new() { Protocol = PortProtocol.Udp, TargetPort = 80, PublishedPort = 8080 };

    private static readonly string[] Roles = ["lan", "cl", "h1", "h2", "f1", "f2", "g1", "g2", "i1", "i2", "c1", "c2"];

    private readonly string _folder = Directory.CreateTempSubdirectory("skein-mesh-").FullName;
    private readonly string _prefix;
    private readonly Dictionary<string, NetworkNamespace> _spaces = [];
    private readonly List<Task> _loops = [];
    private CancellationTokenSource _stop = new();

    public MeshHosts()
    {
        // As the folder's name it is nobody else's, a killed test run's neither.
        _prefix = $"{Path.GetFileName(_folder)}-";
        try
        {
            Commands.Run("bash", "-euc", Script());
            foreach (var role in Roles) _spaces[role] = NetworkNamespace.Open($"/run/netns/{_prefix}{role}");
        }
        catch
        {
            Remove();
            throw;
        }
        File.WriteAllText(ResolvConf, "nameserver 127.0.0.1\n");
        Publish(s => s);
    }

    public AssignmentState[] States { get; } = [new(), new()];

    public NamespaceServices[] Services { get; } = new NamespaceServices[2];

    public string ResolvConf => Path.Combine(_folder, "resolv.conf");

    public NetworkNamespace this[string role] => _spaces[role];

    public string PinOf(string role) => $"/run/netns/{_prefix}{role}";

    public static async Task<MeshHosts> StartAsync()
    {
        var hosts = new MeshHosts();
        try
        {
            await hosts.StartServicesAsync();
            return hosts;
        }
        catch
        {
            await hosts.DisposeAsync();
            throw;
        }
    }

    public async Task StartServicesAsync()
    {
        for (var i = 1; i <= 2; i++)
        {
            var services = Services[i - 1] = new NamespaceServices(States[i - 1], RunOf(i), ResolvConf, TimeProvider.System, NullLoggerFactory.Instance, this[$"h{i}"]) { ManagerPorts = static () => [2377, 2380] };
            // As in the daemon, whose mesh follows the assignments before all namespaces have been found again.
            _loops.Add(services.RunAsync(_stop.Token));
            await services.WhenAppliedAsync(States[i - 1].Generation, Poll.Soon);
            await services.OpenIngressAsync(PinOf($"i{i}"), Leg("ni", "ingress", "eth0", $"10.0.0.{1 + i}/24"), Leg("gw", "docker_gwbridge", "eth1", "172.18.0.2/16"), default);
            await services.OpenAsync(Spec(i), PinOf($"c{i}"), Legs(i), default);
            await services.AllOpenedAsync(default);
        }
    }

    public async Task AppliedAsync()
    {
        foreach (var (services, state) in Services.Zip(States).Where(pair => pair.First is not null)) await services.WhenAppliedAsync(state.Generation, Poll.Soon);
    }

    public void Publish(Func<NodeAssignments, NodeAssignments> change)
    {
        for (var i = 1; i <= 2; i++) States[i - 1].Publish(change(Assignments()) with { Local = new LocalNode($"node{i}", VtepOf(i), 4789) });
    }

    public static string VtepOf(int host) => $"192.168.57.1{host}";

    /// <summary>What a host remembers until it boots again.</summary>
    public string RunOf(int host) => Path.Combine(_folder, $"run{host}");

    public static NodeAssignments Assignments()
    {
        OverlayEndpoint[] endpoints =
        [
            .. new[] { 1, 2 }.SelectMany(i => new[]
            {
                Endpoint($"t{i}", "ni", $"10.0.0.{4 + i}", i), Endpoint($"t{i}", "n1", $"10.0.1.{4 + i}", i),
                new OverlayEndpoint { Id = $"node{i}/ni", NetworkId = "ni", NodeId = $"node{i}", Addresses = { $"10.0.0.{1 + i}/24" }, Mac = $"02:42:0a:00:00:0{1 + i}", Vtep = VtepOf(i) },
            }),
        ];
        var web = new OverlayService
        {
            Id = "web",
            Name = "web",
            VirtualIps = { new VirtualIp { NetworkId = "n1", Addresses = { Vip + "/24" } } },
            Ports = { Tcp, Udp },
        };
        OverlayNetwork[] networks = [
            new() { Id = "ni", Name = "ingress", Ingress = true, Ipam = { new IpamConfig { Subnet = "10.0.0.0/24" } } },
            new() { Id = "n1", Name = "ov", Ipam = { new IpamConfig { Subnet = "10.0.1.0/24" } } },
        ];
        return NodeAssignments.Empty with
        {
            Networks = networks.ToImmutableDictionary(n => n.Id),
            Endpoints = endpoints.ToImmutableDictionary(e => e.Id),
            Services = ImmutableDictionary<string, OverlayService>.Empty.Add("web", web),
        };
    }

    public static NodeAssignments Ready(NodeAssignments state, params string[] tasks) => state with
    {
        Endpoints = state.Endpoints.ToImmutableDictionary(e => e.Key, e =>
        {
            var copy = e.Value.Clone();
            copy.Ready = tasks.Contains(e.Value.TaskId);
            return copy;
        }),
    };

    public static ContainerNetworkSpec Spec(int i, params PortConfig[] ports) => new(
        $"{i}".PadLeft(64, 'c'), $"web.{i}.t{i}", $"t{i}", "web", $"host-t{i}",
        [new NetworkAttachment { NetworkId = "ni", Addresses = { $"10.0.0.{4 + i}/24" } }, new NetworkAttachment { NetworkId = "n1", Addresses = { $"10.0.1.{4 + i}/24" } }],
        ports.Length > 0 ? ports : [Tcp, Udp], null, [], new Dictionary<string, string>());

    public static ContainerLeg[] Legs(int i) =>
    [
        Leg("ni", "ingress", "eth0", $"10.0.0.{4 + i}/24"), Leg("n1", "ov", "eth1", $"10.0.1.{4 + i}/24"), Leg("gw", "docker_gwbridge", "eth2", "172.18.0.3/16"),
    ];

    /// <summary>As a daemon that is killed: sockets close, the kernel keeps all else.</summary>
    public async Task StopServicesAsync()
    {
        await _stop.CancelAsync();
        foreach (var loop in _loops) await Ended.ByCancellationAsync(loop);
        _loops.Clear();
        foreach (var services in Services)
        {
            if (services is not null) await services.DisposeAsync();
        }
    }

    public async Task RestartServicesAsync()
    {
        await StopServicesAsync();
        _stop.Dispose();
        _stop = new CancellationTokenSource();
        await StartServicesAsync();
    }

    public bool HasTable(string role) => NftablesSession.Tables(this[role]).Contains(Ruleset.Table);

    public async ValueTask DisposeAsync()
    {
        await StopServicesAsync();
        foreach (var space in _spaces.Values) space.Dispose();
        Remove();
        Directory.Delete(_folder, recursive: true);
        _stop.Dispose();
    }

    private void Remove()
    {
        foreach (var role in Roles) Commands.Try("ip", "netns", "del", _prefix + role);
    }

    public static ContainerLeg Leg(string id, string name, string device, string cidr) => new(id, name, device, [cidr], "", "");

    private static OverlayEndpoint Endpoint(string task, string network, string address, int slot) => new()
    {
        Id = $"{task}/{network}",
        TaskId = task,
        NetworkId = network,
        NodeId = $"node{slot}",
        Vtep = VtepOf(slot),
        ServiceId = "web",
        TaskName = $"web.{slot}.{task}",
        Addresses = { address + "/24" },
        Ready = true,
        Slot = (ulong)slot,
        OwnNames = { $"host-{task}" },
    };

    // rp_filter is strict where namespaces come from on most distributions: so it is here.
    private string Script() => $$"""
        n() { ip netns exec {{_prefix}}$1 "${@:2}"; }
        leg() { # namespace device cidr bridge-namespace bridge port [mac]
          ip -n {{_prefix}}$1 link add $2 type veth peer name $6 netns {{_prefix}}$4
          [ -z "${7:-}" ] || ip -n {{_prefix}}$1 link set $2 address $7
          ip -n {{_prefix}}$1 addr add $3 dev $2; ip -n {{_prefix}}$1 link set $2 up
          ip -n {{_prefix}}$4 link set $6 master $5 up; }
        for x in {{string.Join(' ', Roles)}}; do ip netns add {{_prefix}}$x; ip -n {{_prefix}}$x link set lo up
          n $x sysctl -qw net.ipv4.conf.all.rp_filter=1 net.ipv4.conf.default.rp_filter=1; done
        ip -n {{_prefix}}lan link add br0 up type bridge
        leg cl eth0 192.168.57.9/24 lan br0 cl
        for i in 1 2; do
          leg h$i eth0 192.168.57.1$i/24 lan br0 h$i
          ip -n {{_prefix}}h$i link add docker_gwbridge up type bridge
          ip -n {{_prefix}}h$i addr add 172.18.0.1/16 dev docker_gwbridge
          for k in f g; do
            ip -n {{_prefix}}$k$i link add br0 up type bridge
            [ $k = f ] && vni=4096 || vni=4097
            ip -n {{_prefix}}h$i link add vx$vni type vxlan id $vni dstport 4789 remote 192.168.57.1$((3-i)) local 192.168.57.1$i
            ip -n {{_prefix}}h$i link set vx$vni netns {{_prefix}}$k$i
            ip -n {{_prefix}}$k$i link set vx$vni master br0 up
          done
          leg i$i eth0 10.0.0.$((1+i))/24 f$i br0 i$i 02:42:0a:00:00:0$((1+i))
          leg i$i eth1 172.18.0.2/16 h$i docker_gwbridge i$i
          ip -n {{_prefix}}i$i route add default via 172.18.0.1
          leg c$i eth0 10.0.0.$((4+i))/24 f$i br0 c$i
          leg c$i eth1 10.0.1.$((4+i))/24 g$i br0 c$i
          leg c$i eth2 172.18.0.3/16 h$i docker_gwbridge c$i
          ip -n {{_prefix}}c$i route add default via 172.18.0.1
        done
        """;
}
