using System.Net;
using Skein.Agent.Networks;
using Skein.Linux.Netlink;
using Skein.Model.Validation;
using Xunit;

namespace Skein.Tests.Networks;

public class LocalSubnetsTests
{
    [Fact]
    public void Networks_around_the_host_are_told_without_default_routes_local_addresses_and_what_lies_within_another() => Assert.Equal(
        ["10.8.0.0/16", "192.168.56.0/24", "fd00:1::/64"],
        LocalSubnets.From(
        [
            Route("192.168.56.0/24"), Route("10.8.4.0/24"), Route("10.8.0.0/16"), Route("0.0.0.0/1"), Route("fe80::/64"), Route("fd00:1::/64"),
            Route("192.168.56.11/32", table: 255, type: 2), Route("172.31.0.0/16", table: 100), Route(null),
        ]).Order(StringComparer.Ordinal));

    [Fact]
    public void A_router_tells_its_widest_networks_only()
    {
        var told = LocalSubnets.From(Enumerable.Range(0, 400).Select(i => Route($"10.{i / 200}.{i % 200}.0/24")).Append(Route("20.0.0.0/8")));
        Assert.Equal(LocalSubnetBounds.Most, told.Count);
        Assert.Equal("20.0.0.0/8", told[0]);
        Assert.Null(LocalSubnetBounds.FlawOf(told));
    }

    [Theory]
    [InlineData("10.0.0.0/7")]
    [InlineData("10.0.0.1/24")]
    [InlineData("everything")]
    [InlineData("::/0")]
    public void What_is_no_network_around_a_host_is_refused(string subnet) =>
        Assert.Equal("a network around it that is none", LocalSubnetBounds.FlawOf([subnet]));

    [Fact]
    public void More_than_a_host_tells_is_refused() =>
        Assert.Equal("more than 256 networks around it", LocalSubnetBounds.FlawOf([.. Enumerable.Range(0, 257).Select(i => $"10.0.{i % 256}.0/24")]));

    private static RouteInfo Route(string? destination, uint table = 254, byte type = 1) =>
        new(destination is null ? null : IPNetwork.Parse(destination), null, 2, table, 0, null, type, destination?.Contains(':') == true);
}
