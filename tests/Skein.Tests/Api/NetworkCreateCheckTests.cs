using Skein.Api.Networks;
using Skein.Model;
using Xunit;

namespace Skein.Tests.Api;

public class NetworkCreateCheckTests
{
    private static readonly NetworkCreateJson s_overlay = new() { Name = "n", Driver = "overlay" };

    [Fact]
    public void What_is_not_done_is_not_taken_in_silence()
    {
        Refused(s_overlay with { Options = new Dictionary<string, string> { ["encrypted"] = "" } }, ErrorKind.NotImplemented, "encrypted overlay networks are not supported yet");
        Refused(s_overlay with { EnableIPv4 = false }, ErrorKind.NotImplemented, "networks without IPv4 are not supported");
        Refused(s_overlay with { Driver = "ipvlan" }, ErrorKind.NotImplemented, "networks of the driver \"ipvlan\" are not supported: use --driver bridge, macvlan or overlay");
        Refused(s_overlay with { Scope = "local" }, ErrorKind.NotImplemented, "overlay networks of the scope \"local\" are not supported");
        Refused(s_overlay with { IPAM = new() { Driver = "mine" } }, ErrorKind.NotImplemented, "the IPAM driver \"mine\" is not supported");
    }

    [Theory]
    [InlineData("bridge")]
    [InlineData("host")]
    [InlineData("none")]
    public void Names_that_Docker_keeps_for_itself_are_refused(string name) =>
        Refused(s_overlay with { Name = name }, ErrorKind.Forbidden, $"operation is not permitted on predefined {name} network");

    [Theory]
    [InlineData("10.51.0.1/24", null, null, "invalid subnet 10.51.0.1/24: it should be 10.51.0.0/24")]
    [InlineData("10.51.0.0/24", "10.51.0.0/16", null, "invalid ip-range 10.51.0.0/16: CIDR block is bigger than its parent subnet 10.51.0.0/24")]
    [InlineData("10.51.0.0/24", "10.51.0.129/25", null, "invalid ip-range 10.51.0.129/25: it should be 10.51.0.128/25")]
    [InlineData("10.51.0.0/24", "10.52.0.0/25", null, "invalid ip-range 10.52.0.0/25: parent subnet 10.51.0.0/24 doesn't contain ip-range")]
    [InlineData("10.51.0.0/24", null, "10.52.0.1", "invalid gateway 10.52.0.1: parent subnet 10.51.0.0/24 doesn't contain this address")]
    public void Addresses_that_do_not_fit_are_all_named(string subnet, string? range, string? gateway, string why)
    {
        var wanted = s_overlay with { IPAM = new() { Config = [new() { Subnet = subnet, IPRange = range, Gateway = gateway }] } };
        Refused(wanted, ErrorKind.InvalidArgument, "invalid network config:\n" + why);
    }

    [Fact]
    public void A_subnet_of_IPv6_may_be_spelt_in_any_way_and_has_no_host_bits()
    {
        NetworkCreateCheck.Check(s_overlay with { EnableIPv6 = true, IPAM = new() { Config = [new() { Subnet = "2001:389:0::0/64", IPRange = "2001:389::0/96" }] } });
        Refused(
            s_overlay with { EnableIPv6 = true, IPAM = new() { Config = [new() { Subnet = "2001:389::0/64", IPRange = "2001:389::1:0:1/96" }] } },
            ErrorKind.InvalidArgument,
            "invalid network config:\ninvalid ip-range 2001:389::1:0:1/96: it should be 2001:389::1:0:0/96");
    }

    [Fact]
    public void Two_faults_are_a_list() => Refused(
        s_overlay with { IPAM = new() { Config = [new() { Subnet = "10.51.0.1/24", Gateway = "10.52.0.1" }] } },
        ErrorKind.InvalidArgument,
        "invalid network config:\n* invalid subnet 10.51.0.1/24: it should be 10.51.0.0/24\n* invalid gateway 10.52.0.1: parent subnet 10.51.0.0/24 doesn't contain this address");

    [Fact]
    public void An_MTU_is_a_number()
    {
        NetworkCreateCheck.Check(s_overlay with { Options = Mtu("1400") });
        Refused(s_overlay with { Options = Mtu("abc") }, ErrorKind.InvalidArgument, "invalid MTU value: abc");

        static Dictionary<string, string> Mtu(string value) => new() { ["com.docker.network.driver.mtu"] = value };
    }

    private static void Refused(NetworkCreateJson wanted, ErrorKind kind, string message)
    {
        var error = Assert.Throws<SkeinException>(() => NetworkCreateCheck.Check(wanted));
        Assert.Equal((kind, message), (error.Kind, error.Message));
    }
}
