using Skein.Hosting;
using Skein.Managing;
using Skein.NodeLife;
using Skein.Manager.Store;
using Skein.Model;
using Xunit;

namespace Skein.Tests.Hosting;

public class SwarmInitTests
{
    private static readonly SwarmInitRequest s_plain = new(
        "0.0.0.0:2377", "", "", 0, [], 0, false, NodeAvailability.Active, new ClusterSpec { Annotations = new() { Name = "default" } });

    [Fact]
    public void What_is_usual_is_taken()
    {
        SwarmInitCheck.Check(s_plain, []);
        SwarmInitCheck.Check(s_plain with { Spec = new() }, []);
        SwarmInitCheck.Check(s_plain with { DataPathPort = 7789, DefaultAddrPool = ["10.20.0.0/16", "10.30.0.0/16"], SubnetSize = 28 }, ["10.0.0.0/16", "fd00::/64"]);
    }

    [Theory]
    [InlineData(12u)]
    [InlineData(50000u)]
    public void A_data_path_port_is_one_that_may_be_bound(uint port) => Assert.Equal(
        $"Datapath port number is not in valid range (1024-49151) : {port}", MessageOf(s_plain with { DataPathPort = port }));

    [Theory]
    [InlineData("10.0.0.0/16", 8u, "invalid CIDR: \"10.0.0.0/16\". Subnet size is too small for pool: 8")]
    [InlineData("10.0.0.0/16", 33u, "subnet size is out of range: 33")]
    [InlineData("2001:db8::/64", 0u, "invalid CIDR: \"2001:db8::/64\". Subnet size is too small for pool: 24")]
    [InlineData("10.0.0.0", 0u, "invalid CIDR address: 10.0.0.0")]
    public void A_pool_holds_at_least_one_subnet(string pool, uint size, string message) =>
        Assert.Equal(message, MessageOf(s_plain with { DefaultAddrPool = [pool], SubnetSize = size }));

    [Theory]
    [InlineData("192.168.56.0/24", 28u, "192.168.0.0/16")]
    [InlineData("10.0.0.0/8", 24u, "10.1.2.0/24")]
    public void A_pool_that_the_host_has_a_route_into_is_refused_naming_both(string pool, uint size, string local) => Assert.Equal(
        $"invalid default address pool {pool}: it overlaps with {local}, which this host has a route to",
        Assert.Throws<SkeinException>(() => SwarmInitCheck.Check(s_plain with { DefaultAddrPool = [pool], SubnetSize = size }, ["172.18.0.0/16", local])).Message);

    [Fact]
    public void Settings_that_an_update_would_refuse_do_not_begin_a_swarm()
    {
        var spec = s_plain.Spec.Clone();
        spec.Ca = new() { NodeCertExpiry = 60_000_000_000 };
        Assert.Equal(
            "error updating cluster settings: rpc error: code = InvalidArgument desc = minimum certificate expiry time is: 1h0m0s",
            MessageOf(s_plain with { Spec = spec }));
    }

    [Theory]
    [InlineData("nope")]
    [InlineData("nope:2377")]
    public void An_address_that_is_none_is_refused_by_its_option(string text)
    {
        Assert.Equal(
            "listen address must be an IP address or network interface (with optional port number)",
            Assert.Throws<SkeinException>(() => SwarmAddresses.Listen(text)).Message);
        Assert.Equal(
            "advertise address must be a non-zero IP address or network interface (with optional port number)",
            Assert.Throws<SkeinException>(() => SwarmAddresses.Advertise(text, "", SwarmAddresses.Listen("0.0.0.0"), null)).Message);
    }

    [Theory]
    [InlineData("0.0.0.0", "0.0.0.0:2377")]
    [InlineData("0.0.0.0:2477", "0.0.0.0:2477")]
    [InlineData(":2477", "0.0.0.0:2477")]
    [InlineData("192.0.2.7", "192.0.2.7:2377")]
    [InlineData("lo", "127.0.0.1:2377")]
    [InlineData("lo:2477", "127.0.0.1:2477")]
    [InlineData("::", "[::]:2377")]
    [InlineData("[::]:2477", "[::]:2477")]
    [InlineData("2001:db8::7", "[2001:db8::7]:2377")]
    [InlineData("[2001:db8::7]", "[2001:db8::7]:2377")]
    [InlineData("[2001:db8::7]:2477", "[2001:db8::7]:2477")]
    public void A_manager_listens_where_it_is_told_in_any_form(string given, string listens) => Assert.Equal(listens, SwarmAddresses.Listen(given).ToString());

    [Theory]
    [InlineData("0.0.0.0:x")]
    [InlineData("0.0.0.0:70000")]
    public void A_port_that_is_none_is_refused(string given) =>
        Assert.Equal($"invalid port in address \"{given}\"", Assert.Throws<SkeinException>(() => SwarmAddresses.Listen(given)).Message);

    [Fact]
    public void Nobody_is_reached_at_all_addresses_at_once()
    {
        Assert.Throws<SkeinException>(() => SwarmAddresses.Advertise("0.0.0.0", "", SwarmAddresses.Listen("0.0.0.0"), null));
        Assert.Throws<SkeinException>(() => SwarmAddresses.DataPath("0.0.0.0"));
        Assert.Null(SwarmAddresses.DataPath(""));
    }

    [Theory]
    [InlineData("0.0.0.0:2477", "192.168.56.11", "192.168.56.11:2477")]
    [InlineData("0.0.0.0:2477", "192.168.56.11:3377", "192.168.56.11:3377")]
    [InlineData("192.168.56.11:2477", "", "192.168.56.11:2477")]
    [InlineData("0.0.0.0", "192.168.56.11", "192.168.56.11:2377")]
    public void A_node_is_reached_where_it_listens(string listen, string advertise, string reached) =>
        Assert.Equal(reached, SwarmAddresses.Advertise(advertise, "", SwarmAddresses.Listen(listen), null).ToString());

    [Theory]
    [InlineData("0.0.0.0:2477", "203.0.113.7", "127.0.0.1:2477")]
    [InlineData("[::]:2377", "203.0.113.7:3377", "[::1]:2377")]
    [InlineData("192.168.56.11:2377", "203.0.113.7", "192.168.56.11:2377")]
    public void A_host_reaches_its_own_manager_where_it_listens_whatever_it_advertises(string listen, string advertise, string reached)
    {
        var (listening, advertised) = (SwarmAddresses.Listen(listen), SwarmAddresses.Advertise(advertise, "", SwarmAddresses.Listen(listen), null));
        var memory = new SwarmMemory("n1", listening.ToString(), advertised.Address.ToString(), advertised.Port, advertised.Address.ToString(), 4789, [], null);
        Assert.Equal(reached, memory.FromHere(memory.Advertised.ToString()));
        Assert.Equal("203.0.113.8:2377", memory.FromHere("203.0.113.8:2377"));
    }

    [Fact]
    public void An_empty_address_is_refused_in_Dockers_words()
    {
        Assert.Equal("invalid ListenAddr \"\": invalid empty address", Assert.Throws<SkeinException>(() => SwarmAddresses.Listen("")).Message);
        Assert.Equal("invalid remoteAddr \"\": invalid empty address", Assert.Throws<SkeinException>(() => SwarmAddresses.Remote("")).Message);
    }

    [Fact]
    public void A_data_root_too_long_for_etcds_socket_is_refused_before_anything_is_made()
    {
        EtcdOptions.RequireShort("/" + new string('d', 97));
        var message = Assert.Throws<SkeinException>(() => EtcdOptions.RequireShort("/" + new string('d', 98))).Message;
        Assert.StartsWith("the data root is too long for a manager", message, StringComparison.Ordinal);
        Assert.Contains("has 108 bytes", message, StringComparison.Ordinal);
    }

    private static string MessageOf(SwarmInitRequest request) => Assert.Throws<SkeinException>(() => SwarmInitCheck.Check(request, [])).Message;
}
