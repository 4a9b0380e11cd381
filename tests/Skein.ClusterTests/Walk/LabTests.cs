using Skein.ClusterTests.Lab;
using Xunit;

namespace Skein.ClusterTests.Walk;

public sealed class LabTests(LabTests.OneHost lab) : IClassFixture<LabTests.OneHost>
{
    [Fact]
    public async Task Two_labs_stand_side_by_side_and_do_not_see_each_other()
    {
        var other = new OneHost();
        await other.InitializeAsync();
        try
        {
            // The same addresses in both: each is a LAN of its own.
            foreach (var one in (OneHost[])[lab, other]) await one.Host(1).OutputOfAsync($"swarm init --advertise-addr {LabFixture.Address(1)}");
            Assert.NotEqual(
                await lab.Host(1).OutputOfAsync("info --format {{.Swarm.Cluster.ID}}"), await other.Host(1).OutputOfAsync("info --format {{.Swarm.Cluster.ID}}"));
            Assert.Contains("h1   192.168.56.11 running", await other.LabAsync("ps"), StringComparison.Ordinal);
            // A process that is frozen does not end by SIGKILL.
            await other.Host(1).OutputOfAsync("run -d --network none --name frozen busybox sleep 1000");
            await other.Host(1).OutputOfAsync("pause frozen");
        }
        finally
        {
            await other.DisposeAsync();
        }

        Assert.Contains("h1   192.168.56.11 running", await lab.LabAsync("ps"), StringComparison.Ordinal);
        Assert.Equal("active", await lab.Host(1).OutputOfAsync("info --format {{.Swarm.LocalNodeState}}"));
    }

    [Fact]
    public async Task What_makes_no_sense_is_refused()
    {
        await RefusesAsync("\"h0\" is no host of a lab: they are called h1, h2, h3", "kill", "h0");
        await RefusesAsync("h7 is not running", "kill", "h7");
        await RefusesAsync("h7 is not running", "exec", "h7", "--", "true");
        Assert.Equal(42, (await lab.TryInsideAsync(1, "exit 42")).ExitCode);

        async Task RefusesAsync(string message, params string[] arguments)
        {
            var result = await lab.TryLabAsync(arguments);
            Assert.NotEqual(0, result.ExitCode);
            Assert.Contains(message, result.ToString(), StringComparison.Ordinal);
        }
    }

    public sealed class OneHost() : LabFixture(1);
}
