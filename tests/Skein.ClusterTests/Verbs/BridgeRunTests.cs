using Skein.ClusterTests.Lab;
using Xunit;

namespace Skein.ClusterTests.Verbs;

/// <summary>`docker run -p`, `docker network create` and what follows, on a host that is in a swarm as well.</summary>
[Collection(nameof(SharedSwarm))]
public sealed class BridgeRunTests(SwarmFixture swarm)
{
    private const string Httpd = "mkdir -p /www; hostname > /www/index.html; exec httpd -f -p 80 -h /www";

    private Docker Docker => swarm.Host(1);

    [Fact]
    public async Task A_container_on_the_default_bridge_is_reached_by_its_port_through_restarts_of_container_and_daemon()
    {
        await RunAsync("bridged", "--hostname", "box", "-p", "18080:80", "-p", "127.0.0.1::80");
        Assert.Contains("0.0.0.0:18080->80/tcp", await Docker.OutputOfAsync("ps --filter name=bridged --format {{.Ports}}"));
        Assert.Matches("^172\\.17\\.", await Docker.OutputOfAsync("inspect -f {{.NetworkSettings.IPAddress}} bridged"));
        await AnswersAsync("192.168.56.11:18080", "box");
        await Docker.OutputOfAsync("restart -t 0 bridged");
        await AnswersAsync("192.168.56.11:18080", "box");
        await swarm.RestartDaemonAsync(1);
        await AnswersAsync("192.168.56.11:18080", "box");
        Assert.EndsWith("Bind for 0.0.0.0:18080 failed: port is already allocated", FirstLine(await Docker.RunAsync("run", "--rm", "-p", "18080:80", "busybox", "true")));
        await Docker.OutputOfAsync("rm -f bridged");
    }

    [Fact]
    public async Task Containers_of_a_network_know_each_other_and_one_is_connected_while_it_runs()
    {
        await Docker.OutputOfAsync("network create --subnet 10.77.0.0/24 shop");
        await RunAsync("till", "--network", "shop", "--network-alias", "cash", "--ip", "10.77.0.50", "--hostname", "till1");
        await RunAsync("guest", "--hostname", "guest1");
        Assert.Equal("till1", await Docker.OutputOfAsync("run --rm --network shop busybox wget -qO- http://cash/"));
        await Docker.OutputOfAsync("network connect --alias visitor shop guest");
        Assert.Equal("guest1", await Docker.OutputOfAsync("exec till wget -qO- http://visitor/"));
        Assert.Equal("guest till", string.Join(' ', (await Docker.OutputOfAsync("network inspect -f {{range.Containers}}{{.Name}},{{end}} shop")).Trim(',').Split(',').Order()));
        await Docker.OutputOfAsync("rename till desk");
        Assert.Equal("till1", await Docker.OutputOfAsync("exec guest wget -qO- http://desk/"));
        await Docker.OutputOfAsync("rename desk till");
        Assert.Contains("network shop has active endpoints", (await Docker.RunAsync("network", "rm", "shop")).Errors);
        await Docker.OutputOfAsync("network disconnect shop guest");
        Assert.Contains("is not connected to network shop", (await Docker.RunAsync("network", "disconnect", "shop", "guest")).Errors);
        await Docker.OutputOfAsync("rm -f till guest");
        await Docker.OutputOfAsync("network rm shop");
    }

    [Fact]
    public async Task A_linked_container_is_told_of_the_other_at_each_start()
    {
        await RunAsync("linked", "-e", "COLOUR=red", "--expose", "80");
        await Docker.OutputOfAsync("create --name idle busybox true");
        Assert.Contains("Cannot link to a non running container: /idle AS /late/idle", (await Docker.RunAsync("run", "--rm", "--name", "late", "--link", "idle", "busybox", "true")).Errors);
        Assert.Contains("could not get container for nobody: No such container: nobody", (await Docker.RunAsync("run", "--rm", "--link", "nobody", "busybox", "true")).Errors);
        (await Docker.RunAsync("create", "--name", "caller", "--link", "linked:store", "--add-host", "here:host-gateway", "busybox", "sh", "-c", "env; cat /etc/hosts; wget -qO- http://store/")).Succeeded();
        for (var start = 1; start <= 2; start++)
        {
            var told = await Docker.OutputOfAsync("start -a caller");
            var address = await Docker.OutputOfAsync("inspect -f {{.NetworkSettings.IPAddress}} linked");
            Assert.Contains($"STORE_PORT_80_TCP=tcp://{address}:80", told);
            Assert.Contains("STORE_ENV_COLOUR=red", told);
            Assert.Contains($"{address}\tstore ", told);
            Assert.Contains("172.17.0.1\there", told);
        }
        await Docker.OutputOfAsync("rm -f linked caller idle");
    }

    private async Task RunAsync(string name, params string[] options) =>
        (await Docker.RunAsync(["run", "-d", "--name", name, .. options, "busybox", "sh", "-c", Httpd])).Succeeded();

    private Task AnswersAsync(string address, string expected) => Poll.UntilAsync(
        $"{address} answers", () => swarm.TryInsideAsync(2, $"curl -s -m 2 http://{address}/"), ran => ran.Output.Trim() == expected);

    private static string FirstLine(ProgramResult ran) => ran.Errors.Trim().Split('\n')[0].Trim();
}
