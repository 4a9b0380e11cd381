using Skein.ClusterTests.Lab;
using Xunit;

namespace Skein.ClusterTests.Walk;

/// <summary>The managers' state has another key when one of them is a manager no more.</summary>
[Collection(Alone.Name)]
public sealed class StoreKeyTests(StoreKeyTests.ThreeManagers lab) : IClassFixture<StoreKeyTests.ThreeManagers>
{
    [Fact]
    public async Task A_demoted_managers_key_is_changed_though_the_leaders_daemon_is_killed_and_nobody_sees_it()
    {
        var (first, second) = (lab.Host(1), lab.Host(2));
        await ExternalProgram.RunAsync("sh", "-c", $"printf kept | docker -H unix:///run/skein-lab-{lab.Name}/h1/docker.sock secret create word -");
        await first.OutputOfAsync("service create --quiet --detach --update-monitor 100ms --name reader --mode global --secret word httpd");
        await second.RunningAsync("reader", 3);
        var version = await second.OutputOfAsync("service inspect reader --format {{.Version.Index}}");
        var former = await KeysAsync(3);
        Assert.Equal(former, await KeysAsync(1));

        await second.OutputOfAsync("node demote h3");
        await lab.InsideAsync(1, "pkill -KILL -x skein");

        var changed = await Poll.UntilAsync("the two have another key, and no more than that", KeysOfBothAsync, keys => keys is [[var one], [var other]] && one == other && one != former[0]);
        Assert.Empty(await KeysAsync(3));
        Assert.Equal(version, await second.OutputOfAsync("service inspect reader --format {{.Version.Index}}"));
        await second.OutputOfAsync("service update --quiet --env-add A=b reader");
        await first.RunningAsync("reader", 3);
        Assert.Equal("kept", await second.OutputOfAsync($"exec {Assert.Single(await second.ContainersOfAsync("reader"))} cat /run/secrets/word"));

        await first.OutputOfAsync("node promote h3");
        await Poll.UntilAsync("it is a manager again, and reads the state", () => lab.Host(3).RunAsync("service", "ls", "--format", "{{.Name}}"), said => said.Output.Trim() == "reader");
        Assert.Equal(changed[0], await KeysAsync(3));
    }

    private async Task<string[][]> KeysOfBothAsync() => [await KeysAsync(1), await KeysAsync(2)];

    /// <summary>Of the store, on the host's disk: each is 32 bytes, and nothing else there is.</summary>
    private async Task<string[]> KeysAsync(int host) =>
        (await lab.InsideAsync(host, "grep -o '\"[A-Za-z0-9+/]\\{43\\}=\"' /var/lib/skein/swarm/swarm.json || true")).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public sealed class ThreeManagers() : LabFixture(3)
    {
        protected override async Task PrepareAsync()
        {
            await Host(1).OutputOfAsync($"swarm init --advertise-addr {Address(1)}");
            var token = await Host(1).OutputOfAsync("swarm join-token --quiet manager");
            foreach (var host in (int[])[2, 3]) await Host(host).OutputOfAsync($"swarm join --token {token} {Address(1)}:2377");
        }
    }
}
