using Skein.ClusterTests.Lab;
using Xunit;

namespace Skein.ClusterTests.Walk;

public sealed class RemovalTests(SwarmFixture swarm) : IClassFixture<SwarmFixture>
{
    // What a service and its network make on a host: namespaces, devices, rules, mounts, processes.
    private const string Inventory =
        "ls /run/netns 2>/dev/null; find /run/skein* -type f 2>/dev/null | grep -v log; ip -br link | awk '{print $1}' | sed 's/@.*//'; "
        + "nft list tables 2>/dev/null; awk '{print $5}' /proc/self/mountinfo; ps -eo comm= | grep -vE '^(ps|awk|sh|sleep|grep|sort|sed)$'";

    [Fact]
    public async Task A_service_and_its_network_that_were_removed_left_nothing_on_any_host()
    {
        // The first service of a host makes what stays: docker_gwbridge, the ingress network.
        await WalkAsync("first");
        List<string> before = [];
        for (var host = 1; host <= 3; host++)
            before.Add(await SettledAsync(host));

        await WalkAsync("second");
        for (var host = 1; host <= 3; host++)
        {
            var expected = before[host - 1];
            await Poll.UntilAsync($"h{host} has what it had before:\n{expected}", () => InventoryAsync(host), now => now == expected);
        }
    }

    private async Task WalkAsync(string name)
    {
        await swarm.Manager.OutputOfAsync($"network create -d overlay {name}");
        await swarm.CreateAsync($"--name {name} --mode global --network {name} --publish 8082:80 httpd");
        await swarm.Manager.OutputOfAsync($"service rm {name}");
        await swarm.Manager.RemoveNetworkAsync(name);
        await swarm.NoContainerOfAsync(name);
    }

    /// <summary>The inventory when nothing is on its way out any more, as the shim of a container that is gone already.</summary>
    private Task<string> SettledAsync(int host)
    {
        var (last, times) = ("", 0);
        return Poll.UntilAsync($"h{host} has come to rest", () => InventoryAsync(host), now =>
        {
            (last, times) = (now, now == last ? times + 1 : 1);
            return times == 5;
        });
    }

    private async Task<string> InventoryAsync(int host)
    {
        var lines = (await swarm.InsideAsync(host, Inventory)).Split('\n');
        return string.Join('\n', lines.Order(StringComparer.Ordinal));
    }
}
