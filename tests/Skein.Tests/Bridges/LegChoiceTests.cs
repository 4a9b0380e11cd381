using System.Net;
using Skein.Agent.Bridges;
using Skein.Agent.Mesh;
using Skein.Model;
using Xunit;

namespace Skein.Tests.Bridges;

public class LegChoiceTests
{
    private static readonly LocalNetwork Network = new() { Id = new('a', 64), Name = "front", Ipam = { new IpamConfig { Subnet = "10.1.0.0/24", Gateway = "10.1.0.1" } } };
    private static readonly ContainerDefinition Container = new() { Id = new('c', 64), Name = "web", Hostname = "box", Standalone = new() };

    [Fact]
    public void A_leg_has_the_wished_address_its_device_address_follows_and_its_names_are_Dockers()
    {
        var leg = Make(new StandaloneEndpoint { Ipv4Address = "10.1.0.77", Number = 3, Aliases = { "www", "WEB" } });
        Assert.Equal(("10.1.0.77/24", "02:42:0a:01:00:4d", 3u), (leg.Addresses[0].ToString(), leg.Mac.ToString(), leg.Number));
        Assert.Equal(["web", "www", "cccccccccccc", "box"], leg.Names);
        Assert.Equal("02:00:00:00:00:07", Make(new StandaloneEndpoint { MacAddress = "02:00:00:00:00:07" }).Mac.ToString());
    }

    [Theory]
    [InlineData("10.2.0.5", true, "front", ErrorKind.InvalidArgument, "invalid endpoint settings:\nno configured subnet contains IP address 10.2.0.5")]
    [InlineData("10.1.0.2", true, "front", ErrorKind.Forbidden, "Address already in use")]
    [InlineData("10.1.0.1", true, "front", ErrorKind.Forbidden, "Address already in use")]
    [InlineData("10.1.0.9", false, "front", ErrorKind.InvalidArgument, "invalid endpoint settings:\nuser specified IP address is supported only when connecting to networks with user configured subnets")]
    [InlineData("10.1.0.9", true, "bridge", ErrorKind.InvalidArgument, "invalid endpoint settings:\nuser specified IP address is supported on user defined networks only")]
    public void An_address_that_it_cannot_have_is_refused_in_Dockers_words(string address, bool named, string network, ErrorKind kind, string words)
    {
        var bridge = BridgeSpec.Of(Network) with { Name = network };
        var error = Assert.Throws<SkeinException>(() => LegChoice.Make(bridge, new StandaloneEndpoint { Ipv4Address = address }, Container, Used("10.1.0.2"), named));
        Assert.Equal((kind, words), (error.Kind, error.Message));
    }

    [Fact]
    public void A_network_that_is_full_says_so()
    {
        var network = new LocalNetwork { Id = new('a', 64), Name = "tiny", Ipam = { new IpamConfig { Subnet = "10.1.0.0/30", Gateway = "10.1.0.1" } } };
        var error = Assert.Throws<SkeinException>(() => LegChoice.Make(BridgeSpec.Of(network), new StandaloneEndpoint(), Container, Used("10.1.0.2"), named: true));
        Assert.Equal($"no available IPv4 addresses on this network's address pools: tiny ({network.Id})", error.Message);
    }

    [Fact]
    public void Ports_are_those_of_the_user_and_with_all_of_them_the_exposed_ones_beside()
    {
        var spec = new StandaloneSpec { PublishAllPorts = true, ExposedPorts = { "80/tcp", "53/udp", "9000" } };
        spec.PortBindings.Add(new PortBinding { Port = 80, Protocol = "tcp", HostIp = "127.0.0.1", HostPort = "8000-8010" });
        Assert.Equal(
            ["tcp . 80 127.0.0.1 8000-8010", "udp . 53  0-0", "tcp . 9000  0-0"],
            PortWish.Of(spec).Select(wish => $"{wish.Target} {wish.HostAddress} {wish.First}-{wish.Last}"));
    }

    [Theory]
    [InlineData(0, "80", "")]
    [InlineData(70000, "80", "")]
    [InlineData(80, "90-80", "")]
    [InlineData(80, "x", "")]
    [InlineData(80, "80", "nowhere")]
    public void A_port_that_is_none_is_refused(uint port, string hostPort, string address) => Assert.Equal(
        ErrorKind.InvalidArgument,
        Assert.Throws<SkeinException>(() => PortWish.Of(new StandaloneSpec { PortBindings = { new PortBinding { Port = port, HostPort = hostPort, HostIp = address } } })).Kind);

    [Theory]
    [InlineData("0.0.0.0", "127.0.0.1", true)]
    [InlineData("192.168.1.5", "127.0.0.1", false)]
    [InlineData("0.0.0.0", "::", false)]
    public void All_addresses_meet_each_of_their_family(string one, string other, bool meet) => Assert.Equal(meet, End(one).Meets(End(other)));

    private static HostEnd End(string address) => new(new TransportPort(PortProtocol.Tcp, 80), IPAddress.Parse(address));

    private static BridgeLeg Make(StandaloneEndpoint endpoint) => LegChoice.Make(BridgeSpec.Of(Network), endpoint, Container, Used(), named: true);

    private static HashSet<IPAddress> Used(params string[] addresses) => [.. addresses.Select(IPAddress.Parse)];
}
