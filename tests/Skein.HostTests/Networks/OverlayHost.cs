using System.Collections.Immutable;
using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Skein.Agent.Bridges;
using Skein.Agent.Networks;
using Skein.Agent.Session;
using Skein.Linux.Namespaces;
using Skein.Linux.Netlink;
using Skein.Model;

namespace Skein.HostTests.Networks;

/// <summary>A host on the test's LAN at 10.99.0.N, with an overlay of its own, told by hand what it should do.</summary>
internal sealed class OverlayHost : IAsyncDisposable
{
    private readonly string _folder;
    private readonly NetworkNamespace _space;
    private CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;

    public OverlayHost(string folder, NetworkNamespace lan, int number)
    {
        (_folder, Number) = (Path.Combine(folder, $"h{number}"), number);
        Directory.CreateDirectory(_folder);
        _space = NetworkNamespace.Create(Path.Combine(_folder, "host"));
        using (var netlink = RtNetlink.Open(lan))
        {
            netlink.Apply(new NetlinkBatch().AddVeth($"p{number}", netlink.FindLink("lan")!.Index, 1500, _space, "eth0", MacAddress.Parse($"02:00:00:00:00:0{number}")));
        }
        using var here = RtNetlink.Open(_space);
        var eth0 = here.FindLink("eth0")!.Index;
        here.Apply(new NetlinkBatch().SetUp(here.FindLink("lo")!.Index).SetUp(eth0).SetAddress(eth0, InterfaceAddress.Parse($"{Vtep}/24")));
        HostNetworks = new LocalNetworks(Path.Combine(Options.DataRoot, LocalNetworks.Folder), SubnetPools.Dockers, new CryptoIdSource(), TimeProvider.System, NullLoggerFactory.Instance)
        {
            Routes = () => [.. LocalSubnets.From(RoutesHere()).Select(subnet => IPNetwork.Parse(subnet))],
        };
        Networking = Make();
    }

    public int Number { get; }

    public string NodeId => $"node{Number}";

    public string Vtep => $"10.99.0.{Number}";

    public NetworkNamespace Space => _space;

    public LocalNetworks HostNetworks { get; }

    public OverlayNetworking Networking { get; private set; }

    public AssignmentState Assignments { get; private set; } = new();

    public RecordingNamespaceServices Services { get; private set; } = new();

    /// <summary>Counts from the next restart on.</summary>
    public string ResolvConf { get; set; } = "/etc/resolv.conf";

    public OverlayNetworkingOptions Options => new(Path.Combine(_folder, "run"), Path.Combine(_folder, "data"), HostResolvConf: ResolvConf);

    public NetworkNamespace OpenFabric() => NetworkNamespace.Open(Options.PinOf("skein-fabric"));

    public NetworkNamespace OpenContainer(string id) => NetworkNamespace.Open(Options.PinOf(id));

    public void Publish(IEnumerable<OverlayNetwork> networks, IEnumerable<OverlayEndpoint> endpoints) => Assignments.Publish(NodeAssignments.Empty with
    {
        Local = new LocalNode(NodeId, Vtep, 4789),
        Networks = networks.ToImmutableDictionary(network => network.Id),
        Endpoints = endpoints.ToImmutableDictionary(endpoint => endpoint.Id),
    });

    public void Start()
    {
        _stop = new CancellationTokenSource();
        _running = Networking.RunAsync(_stop.Token);
    }

    /// <summary>The daemon goes and a fresh one comes; the kernel is as it was.</summary>
    public async Task RestartAsync()
    {
        await StopAsync();
        (Assignments, Services) = (new AssignmentState(), new RecordingNamespaceServices());
        Networking = Make();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        NamespacePins.DeleteAll(Options.Pins);
        _space.Dispose();
        NetworkNamespace.Delete(Path.Combine(_folder, "host"));
    }

    private async Task StopAsync()
    {
        await _stop.CancelAsync();
        try
        {
            await _running;
        }
        catch (OperationCanceledException)
        {
        }
        Networking.Dispose();
    }

    private IReadOnlyList<RouteInfo> RoutesHere()
    {
        using var netlink = RtNetlink.Open(_space);
        return netlink.Routes();
    }

    private OverlayNetworking Make() => new(
        Options, Assignments, Services, new GatewayBridge(HostNetworks, NetworkNamespace.Open(_space.Path)), TimeProvider.System, NullLoggerFactory.Instance, NetworkNamespace.Open(_space.Path));
}
