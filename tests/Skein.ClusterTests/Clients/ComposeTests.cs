using Skein.ClusterTests.Lab;
using Xunit;

namespace Skein.ClusterTests.Clients;

/// <summary>A project of Compose from its first to its last day, by both of Compose's programs.</summary>
[Collection(nameof(SharedHost))]
public sealed class ComposeTests(ClientHost host)
{
    private Docker Docker => host.Host(1);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_project_lives_its_life(int version)
    {
        var shop = Compose.Of(version, host, "shop.yml", $"shop{version}");
        await shop.OutputOfAsync("up -d");
        try
        {
            await IsAsItsFileSaysAsync(shop, $"shop{version}");
            await RunsCommandsAsync(shop);
            await IsScaledAsync(shop);
            await IsMadeAnewAsync(shop);
            await StopsAndGoesOnAsync(shop);
            await TellsAsync(shop);
        }
        finally
        {
            await shop.OutputOfAsync("down -v --remove-orphans -t 0");
        }

        Assert.Empty(await Docker.LinesOfAsync($"ps -aq --filter label=com.docker.compose.project=shop{version}"));
        Assert.Empty(await Docker.LinesOfAsync($"volume ls -q --filter label=com.docker.compose.project=shop{version}"));
        Assert.Empty(await Docker.LinesOfAsync($"network ls -q --filter label=com.docker.compose.project=shop{version}"));
    }

    [Fact]
    public async Task A_project_ends_with_one_of_its_services()
    {
        var jobs = Compose.Of(2, host, "jobs.yml", "jobs");
        var ran = await jobs.RunAsync("up", "--abort-on-container-exit", "--exit-code-from", "job");
        Assert.True(ran.ExitCode == 7, $"{ran}");
        Assert.Contains("job-1     | good day", ran.Output);
        Assert.Contains("job-1     | open sesame", ran.Output);
        Assert.Contains("server-1  | up", ran.Output);

        await jobs.OutputOfAsync("up -d --wait server");
        Assert.Equal("67108864|500000000|50|map[kind:test]", await InspectAsync(Assert.Single(await jobs.ContainersOfAsync("server")), "{{.HostConfig.Memory}}|{{.HostConfig.NanoCpus}}|{{.HostConfig.PidsLimit}}|{{.HostConfig.Annotations}}"));
        Assert.Contains("jobs", await jobs.OutputOfAsync("ls --format json"));
        Assert.Contains("\"Health\":\"healthy\"", await jobs.OutputOfAsync("ps --format json"));
        Assert.Equal("jobs-server-1", await jobs.OutputOfAsync("stats --no-stream --format {{.Name}}"));
        var letter = Path.Combine(AppContext.BaseDirectory, "compose", "password.txt");
        await jobs.OutputOfAsync($"cp {letter} server:/kept/letter");
        Assert.Equal("open sesame", await jobs.OutputOfAsync("exec -T server cat /kept/letter"));
        await jobs.OutputOfAsync("down -v");
    }

    private async Task IsAsItsFileSaysAsync(Compose shop, string project)
    {
        Assert.Equal("good day", await shop.OutputOfAsync("exec -T beside wget -qO- http://localhost/"));
        var published = (await shop.OutputOfAsync("port web 80")).Split(':')[^1];
        Assert.Equal("good day", await host.InsideAsync(0, $"curl -s -m 5 http://{LabFixture.Address(1)}:{published}/"));
        Assert.Equal("open sesame", await shop.OutputOfAsync("exec -T web cat /run/secrets/password"));
        Assert.Contains("192.0.2.9\telsewhere", await shop.OutputOfAsync("exec -T web cat /etc/hosts"));
        Assert.Equal("200", (await shop.RunAsync("exec", "-T", "web", "sh", "-c", "ulimit -n")).Succeeded());
        Assert.NotEqual(0, (await shop.RunAsync("exec", "-T", "web", "touch", "/here")).ExitCode);

        var web = Assert.Single(await shop.ContainersOfAsync("web"));
        Assert.Equal("web", await InspectAsync(web, "{{index .Config.Labels \"com.docker.compose.service\"}}"));
        Assert.Equal("0|exited", await InspectAsync(Assert.Single(await shop.ContainersOfAsync("seed", all: true)), "{{.State.ExitCode}}|{{.State.Status}}"));
        Assert.Equal("10.88.0.50", await InspectAsync(Assert.Single(await shop.ContainersOfAsync("db")), $"{{{{.NetworkSettings.Networks.{project}_back.IPAddress}}}}"));
        Assert.Equal("shop", await Docker.OutputOfAsync($"volume inspect -f {{{{.Labels.of}}}} {project}_store"));
        Assert.Equal("shop", await Docker.OutputOfAsync($"network inspect -f {{{{.Labels.of}}}} {project}_back"));
        await shop.OutputOfAsync("up -d --no-recreate");
        await shop.OutputOfAsync("up -d");
        Assert.Equal(web, Assert.Single(await shop.ContainersOfAsync("web")));
    }

    private static async Task RunsCommandsAsync(Compose shop)
    {
        var ran = await shop.RunAsync("exec", "-T", "-e", "A=b", "-w", "/tmp", "-u", "1", "web", "sh", "-c", "echo $A $PWD $(id -u) $COLOUR; exit 4");
        Assert.Equal((4, "b /tmp 1 green\n"), (ran.ExitCode, ran.Output));
        Assert.Contains("httpd -f -h /www", await shop.OutputOfAsync("top web"));
        ran = await shop.RunAsync("run", "--rm", "-T", "--no-deps", "web", "sh", "-c", "wget -qO- http://database/; echo $COLOUR; exit 7");
        Assert.Equal((7, "good day\ngreen\n"), (ran.ExitCode, ran.Output.Replace("\r", "", StringComparison.Ordinal)));
    }

    private async Task IsScaledAsync(Compose shop)
    {
        await shop.OutputOfAsync("up -d --no-deps --scale db=1 --scale web=3 web");
        var three = await shop.ContainersOfAsync("web");
        Assert.Equal(3, three.Length);
        await Poll.UntilAsync(
            "the name stands for three addresses",
            () => shop.RunAsync("exec", "-T", "db", "nslookup", "-type=a", "web"),
            said => said.Output.Split('\n').Count(line => line.StartsWith("Address: 10.88.0.", StringComparison.Ordinal)) == 3);
        await shop.OutputOfAsync("up -d --no-deps --scale web=1 -t 0 web");
        Assert.Single(await shop.ContainersOfAsync("web"));
    }

    private static async Task IsMadeAnewAsync(Compose shop)
    {
        var before = Assert.Single(await shop.ContainersOfAsync("db"));
        await shop.OutputOfAsync("up -d --force-recreate --no-deps -t 0 db");
        Assert.NotEqual(before, Assert.Single(await shop.ContainersOfAsync("db")));
        Assert.Equal("good day", await shop.OutputOfAsync("exec -T web wget -qO- http://database/"));
    }

    private async Task StopsAndGoesOnAsync(Compose shop)
    {
        var db = Assert.Single(await shop.ContainersOfAsync("db"));
        foreach (var (line, status) in new[] { ("pause db", "paused"), ("unpause db", "running"), ("stop -t 0 db", "exited"), ("start db", "running"), ("restart -t 0 db", "running"), ("kill -s SIGKILL db", "exited") })
        {
            await shop.OutputOfAsync(line);
            Assert.Equal($"{line}: {status}", $"{line}: {await InspectAsync(db, "{{.State.Status}}")}");
        }

        await shop.OutputOfAsync("rm -f db");
        Assert.Empty(await shop.ContainersOfAsync("db", all: true));
        await shop.OutputOfAsync("up -d db");
    }

    private async Task TellsAsync(Compose shop)
    {
        Assert.Contains("serving", await shop.OutputOfAsync("logs --tail 5 web"));
        Assert.Contains("busybox", await shop.OutputOfAsync("images"));
        // Both end by themselves: the log with the containers' end, and who reads events with a line after the one that was looked for.
        var followed = shop.RunAsync("logs", "-f", "--tail", "1", "web");
        await shop.OutputOfAsync("restart -t 0 db");
        await shop.OutputOfAsync("stop -t 0 beside web");
        Assert.Contains("serving", (await followed).Succeeded());
    }

    private Task<string> InspectAsync(string container, string format) => Docker.RunAsync("inspect", "-f", format, container).ContinueWith(ran => ran.Result.Succeeded(), TaskScheduler.Default);
}
