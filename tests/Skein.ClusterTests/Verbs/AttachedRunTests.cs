using Skein.ClusterTests.Lab;
using Xunit;

namespace Skein.ClusterTests.Verbs;

/// <summary>`docker run --network` on attachable overlays: users' containers beside the services, on a manager and on workers.</summary>
[Collection(nameof(SharedSwarm))]
public sealed class AttachedRunTests(SwarmFixture swarm)
{
    private Docker Manager => swarm.Manager;

    [Fact]
    public async Task Containers_and_services_find_each_other_by_name_on_every_host_and_through_a_daemons_death()
    {
        await Manager.OutputOfAsync("network create -d overlay --attachable --subnet 10.60.0.0/24 plaza");
        await swarm.CreateAsync("--name stall --replicas 2 --network plaza httpd");
        await RunAsync(1, "first", "--network", "plaza");
        await RunAsync(2, "second", "--network", "plaza", "--network-alias", "deux", "--ip", "10.60.0.77", "--mac-address", "06:00:00:00:00:77");
        Assert.Equal("10.60.0.77,06:00:00:00:00:77", await swarm.Host(2).OutputOfAsync("inspect -f {{with.NetworkSettings.Networks.plaza}}{{.IPAddress}},{{.MacAddress}}{{end}} second"));

        await FindsAsync(1, "first", "second", "10.60.0.77");
        await FindsAsync(1, "first", "deux", "10.60.0.77");
        await FindsAsync(2, "second", "first", await AddressAsync(1, "first", "plaza"));
        await ServesAsync(2, "second", "stall");
        var (host, task) = await swarm.AnyContainerOfAsync("stall");
        await FindsAsync(host, task, "deux", "10.60.0.77");

        await swarm.RestartDaemonAsync(2);
        await FindsAsync(2, "second", "first", await AddressAsync(1, "first", "plaza"));
        await FindsAsync(1, "first", "deux", "10.60.0.77");
        await ServesAsync(2, "second", "stall");

        await Manager.OutputOfAsync("service rm stall");
        await swarm.NoContainerOfAsync("stall");
        Assert.Contains(" is in use by container ", (await Manager.RunAsync("network", "rm", "plaza")).Errors, StringComparison.Ordinal);
        Assert.Contains("Address already in use", (await swarm.Host(3).RunAsync("run", "--rm", "--network", "plaza", "--ip", "10.60.0.77", "busybox", "true")).Errors, StringComparison.Ordinal);
        await swarm.Host(2).OutputOfAsync("rm -f second");
        await swarm.Host(3).OutputOfAsync("run --rm --network plaza --ip 10.60.0.77 busybox true");
        await Manager.OutputOfAsync("rm -f first");
        await Manager.RemoveNetworkAsync("plaza");
    }

    [Fact]
    public async Task A_worker_connects_a_running_container_to_a_network_that_it_has_never_heard_of()
    {
        await Manager.OutputOfAsync("network create -d overlay --attachable --subnet 10.61.0.0/24 annex");
        await Manager.OutputOfAsync("network create -d overlay --attachable --subnet 10.62.0.0/24 lobby");
        await RunAsync(3, "guest", "--network", "lobby", "-p", "18061:80");
        Assert.Equal("guest", await PageAsync("192.168.56.13:18061"));
        await RunAsync(1, "host", "--network", "annex");

        await swarm.Host(3).OutputOfAsync("network connect --alias visitor --ip 10.61.0.9 annex guest");
        await FindsAsync(1, "host", "visitor", "10.61.0.9");
        await FindsAsync(3, "guest", "host", await AddressAsync(1, "host", "annex"));
        Assert.Equal("guest", await PageAsync("192.168.56.13:18061"));

        await swarm.Host(3).OutputOfAsync("network disconnect annex guest");
        await LosesAsync(1, "host", "visitor");
        await swarm.Host(3).OutputOfAsync("rm -f guest");
        await Manager.OutputOfAsync("rm -f host");
        foreach (var network in (string[])["annex", "lobby"]) await Manager.RemoveNetworkAsync(network);
    }

    private async Task RunAsync(int host, string name, params string[] options) => (await swarm.Host(host).RunAsync(
        ["run", "-d", "--name", name, .. options, "busybox", "sh", "-c", $"mkdir /www; echo {name} > /www/index.html; exec httpd -f -p 80 -h /www"])).Succeeded();

    private Task<string> AddressAsync(int host, string container, string network) =>
        swarm.Host(host).OutputOfAsync($"inspect -f {{{{.NetworkSettings.Networks.{network}.IPAddress}}}} {container}");

    /// <summary>By its resolver, and with an answer from there.</summary>
    private Task FindsAsync(int host, string container, string name, string address) => Poll.UntilAsync(
        $"{container} finds {name}", () => swarm.Host(host).RunAsync("exec", container, "ping", "-c", "1", "-W", "2", name), ran => ran.ExitCode == 0 && ran.Output.Contains($"({address})", StringComparison.Ordinal));

    private Task LosesAsync(int host, string container, string name) => Poll.UntilAsync(
        $"{container} does not know {name} any more", () => swarm.Host(host).RunAsync("exec", container, "ping", "-c", "1", "-W", "2", name), ran => ran.Errors.Contains("bad address", StringComparison.Ordinal));

    private Task ServesAsync(int host, string container, string service) => Poll.UntilAsync(
        $"{service} answers {container}", () => swarm.Host(host).RunAsync("exec", container, "sh", "-c", $"printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc -w 3 {service} 80"), ran => ran.Output.Contains("200 OK", StringComparison.Ordinal));

    private async Task<string> PageAsync(string address) => (await Poll.UntilAsync(
        $"{address} answers", () => swarm.TryInsideAsync(2, $"curl -s -m 2 http://{address}/"), ran => ran.ExitCode == 0)).Output.Trim();
}
