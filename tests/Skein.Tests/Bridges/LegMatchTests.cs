using System.Net;
using Skein.Agent.Bridges;
using Skein.Agent.Networks;
using Skein.Linux.Netlink;
using Skein.Model;
using Xunit;

namespace Skein.Tests.Bridges;

/// <summary>What a daemon makes of legs that the one before it was about to make, or to take away.</summary>
public class LegMatchTests
{
    [Fact]
    public void What_is_not_wished_goes_and_what_is_wished_comes()
    {
        var (kept, gone, lacking) = LegMatch.Between([Endpoint(0), Endpoint(2)], [Leg(0), Leg(1)]);
        Assert.Equal(([0u], [1u], [2u]), (kept.Select(leg => leg.Number).ToArray(), gone.Select(leg => leg.Number).ToArray(), lacking.Select(endpoint => endpoint.Number).ToArray()), Numbers);
    }

    [Fact]
    public void The_leg_on_docker_gwbridge_is_nobodys_wish()
    {
        var way = new GatewayLeg(1, InterfaceAddress.Parse("172.18.0.3/16"), IPAddress.Parse("172.18.0.1"));
        var (kept, gone, lacking) = LegMatch.Between([Endpoint(0), Endpoint(1)], [Leg(0), way]);
        Assert.Equal(([0u, 1u], [], [1u]), (kept.Select(leg => leg.Number).ToArray(), gone.Select(leg => leg.Number).ToArray(), lacking.Select(endpoint => endpoint.Number).ToArray()), Numbers);
    }

    private static bool Numbers((uint[] Kept, uint[] Gone, uint[] Lacking) one, (uint[] Kept, uint[] Gone, uint[] Lacking) other) =>
        one.Kept.SequenceEqual(other.Kept) && one.Gone.SequenceEqual(other.Gone) && one.Lacking.SequenceEqual(other.Lacking);

    private static StandaloneEndpoint Endpoint(uint number) => new() { Network = "net", Number = number };

    private static OverlayLeg Leg(uint number) => new(
        new() { Id = "net", Name = "net" }, Internal: false, "wish", number, [InterfaceAddress.Parse("10.0.1.5/24")], MacAddress.Parse("02:42:0a:00:01:05"), [], 0);
}
