using Skein.ClusterTests.Lab;
using Xunit;

namespace Skein.ClusterTests.Refusals;

[Collection(nameof(SharedSwarm))]
public sealed class NetworkRefusals(SwarmFixture swarm)
{
    private Docker Manager => swarm.Manager;

    [Fact]
    public async Task A_network_in_use_stays()
    {
        var network = await Manager.OutputOfAsync("network create -d overlay --subnet 10.31.0.0/24 needed");
        var service = await Manager.OutputOfAsync("service create --quiet --detach --name needing --replicas 0 --network needed httpd");
        await Poll.UntilAsync(
            "the leader has given it its address, which changes its version",
            () => Manager.RunAsync("service", "inspect", "--format", "{{len .Endpoint.VirtualIPs}}", "needing"),
            addresses => addresses.Succeeded() == "1");
        await Manager.ChangesNothingAsync(async () =>
        {
            await Manager.RefusesAsync("network rm needed", $"rpc error: code = FailedPrecondition desc = network {network} is in use by service {service}");
            await Manager.RefusesAsync("network create -d overlay needed", "network with name needed already exists");
            await Manager.RefusesAsync(
                "network create -d overlay --subnet 10.31.0.0/16 wider",
                "invalid pool request: Pool overlaps with other one on this address space");
        });
        await Manager.OutputOfAsync("service rm needing");
        await Manager.OutputOfAsync("network rm needed");
    }

    [Theory]
    [InlineData("network create -d overlay bad.name", "rpc error: code = InvalidArgument desc = name must be valid as a DNS name component")]
    [InlineData("network create -d overlay --subnet 10.300.0.0/24 x", "rpc error: code = InvalidArgument desc = ipam configuration: invalid subnet 10.300.0.0/24")]
    [InlineData("network create -d ipvlan x", "networks of the driver \"ipvlan\" are not supported: use --driver bridge, macvlan or overlay")]
    [InlineData("network rm nothing", "network nothing not found")]
    [InlineData("network inspect nothing", "network nothing not found")]
    [InlineData("network rm host", "host is a pre-defined network and cannot be removed")]
    public Task What_cannot_be_is_refused(string line, string message) =>
        Manager.ChangesNothingAsync(() => Manager.RefusesAsync(line, message));

    [Fact]
    public async Task What_tasks_leave_the_host_by_is_in_use() => Assert.Contains(
        "error while removing network: network docker_gwbridge has active endpoints (name:\"gateway_ingress-sbox\"", (await Manager.RunAsync("network", "rm", "docker_gwbridge")).Errors, StringComparison.Ordinal);
}
