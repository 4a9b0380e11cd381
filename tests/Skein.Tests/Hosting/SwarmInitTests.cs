using Skein.Hosting;
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
        SwarmInitCheck.Check(s_plain);
        SwarmInitCheck.Check(s_plain with { Spec = new() });
        SwarmInitCheck.Check(s_plain with { DataPathPort = 7789, DefaultAddrPool = ["10.20.0.0/16", "10.30.0.0/16"], SubnetSize = 28 });
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
            Assert.Throws<SkeinException>(() => SwarmAddresses.Advertise(text, "", SwarmAddresses.Listen(""), null)).Message);
    }

    [Fact]
    public void Nobody_is_reached_at_all_addresses_at_once()
    {
        Assert.Throws<SkeinException>(() => SwarmAddresses.Advertise("0.0.0.0", "", SwarmAddresses.Listen(""), null));
        Assert.Throws<SkeinException>(() => SwarmAddresses.DataPath("0.0.0.0"));
        Assert.Null(SwarmAddresses.DataPath(""));
    }

    private static string MessageOf(SwarmInitRequest request) => Assert.Throws<SkeinException>(() => SwarmInitCheck.Check(request)).Message;
}
