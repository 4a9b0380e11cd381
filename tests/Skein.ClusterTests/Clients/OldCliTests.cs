using Skein.ClusterTests.Lab;
using Xunit;

namespace Skein.ClusterTests.Clients;

/// <summary>Debian 12's own docker command, 20.10, at what it does with containers; its output stood beside dockerd's. All other tests use the newest that is there.</summary>
[Collection(nameof(SharedHost))]
public sealed class OldCliTests(ClientHost host)
{
    private const string Cli = "/usr/bin/docker";

    [Fact]
    public async Task Its_verbs_for_containers_and_images_do_what_they_say()
    {
        var version = File.Exists(Cli) ? (await ExternalProgram.RunAsync(Cli, "--version")).Output : "none";
        Assert.SkipUnless(version.StartsWith("Docker version 20.10.", StringComparison.Ordinal), $"{Cli} is not of 20.10: {version}");

        await OutputAsync("pull --quiet busybox");
        Assert.Equal((7, "out\n", "err\n"), Told(await DoAsync("run", "--rm", "--network", "none", "busybox", "sh", "-c", "echo out; echo err >&2; exit 7")));
        Assert.Equal(125, (await DoAsync("run", "--rm", "--network", "none", "--memory", "1k", "busybox", "true")).ExitCode);
        Assert.Equal(127, (await DoAsync("run", "--rm", "--network", "none", "busybox", "/nothere")).ExitCode);
        var terminal = await ExternalProgram.RunAsync("script", "--quiet", "--return", "--command", $"{Cli} -H unix://{host.Socket} run --rm -it --network none busybox sh -c 'tty; exit 3'", "/dev/null");
        Assert.Equal(3, terminal.ExitCode);
        Assert.Contains("/dev/pts/", terminal.Output, StringComparison.Ordinal);

        await OutputAsync("network create oldnet");
        await DoneAsync("run", "-d", "--name", "old", "--network", "oldnet", "-v", "oldvol:/data", "-p", "127.0.0.1::80", "--restart", "on-failure:3", "busybox", "sh", "-c", "echo one; exec sleep 100000");
        Assert.Equal("old busybox oldnet oldvol", await OutputAsync("ps --format", "{{.Names}} {{.Image}} {{.Networks}} {{.Mounts}}"));
        Assert.Equal((4, "in\n", ""), Told(await DoAsync("exec", "-w", "/tmp", "old", "sh", "-c", "echo in; exit 4")));
        var log = DoAsync("logs", "--follow", "old");
        Assert.Contains("sleep 100000", await OutputAsync("top old"), StringComparison.Ordinal);
        Assert.StartsWith("old ", await OutputAsync("stats --no-stream --format", "{{.Name}} {{.PIDs}}"), StringComparison.Ordinal);
        Assert.StartsWith("80/tcp -> 127.0.0.1:", await OutputAsync("port old"), StringComparison.Ordinal);
        await DoneAsync("exec", "old", "sh", "-c", "echo copied > /file");
        var copy = Path.Combine(AppContext.BaseDirectory, $"{host.Name}.copy");
        await OutputAsync($"cp old:/file {copy}");
        Assert.Equal("copied\n", await File.ReadAllTextAsync(copy));
        await OutputAsync($"cp {copy} old:/again");
        Assert.Equal("copied", await OutputAsync("exec old cat /again"));
        Assert.Equal("A /again\nA /file", await OutputAsync("diff old"));
        await OutputAsync("network connect bridge old");
        Assert.Equal("bridge oldnet ", await OutputAsync("inspect -f", "{{range $name, $end := .NetworkSettings.Networks}}{{$name}} {{end}}", "old"));
        await OutputAsync("network disconnect bridge old");
        Assert.Contains("has active endpoints", (await DoAsync("network", "rm", "oldnet")).Errors, StringComparison.Ordinal);
        await OutputAsync("pause old");
        await OutputAsync("unpause old");
        await OutputAsync("rename old older");
        await OutputAsync("update --cpu-shares 512 older");
        await OutputAsync("commit --message why older oldimage:1");
        await OutputAsync($"save --output {copy} oldimage:1");
        await OutputAsync("rmi oldimage:1");
        Assert.Equal("Loaded image: oldimage:1", await OutputAsync($"load --input {copy}"));
        Assert.Equal("oldimage:1", await OutputAsync("images --format", "{{.Repository}}:{{.Tag}}", "oldimage"));
        var images = (await OutputAsync("images --quiet --no-trunc")).Split('\n').Distinct().Count();
        Assert.Equal($"Images {images}", (await OutputAsync("system df --format", "{{.Type}} {{.TotalCount}}")).Split('\n')[0]);
        await OutputAsync("rmi oldimage:1");
        var since = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() / 1000.0;
        var attached = DoAsync("attach", "--no-stdin", "older");
        await OutputAsync("restart -t 0 older");
        await OutputAsync("stop -t 0 older");
        Assert.Equal("137", await OutputAsync("wait older"));
        Assert.Equal("one\n", (await log).Output);
        await attached;
        Assert.Contains("restart older", await OutputAsync($"events --since {since:0.000} --until {DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() / 1000.0 + 0.001:0.000} --format", "{{.Action}} {{.Actor.Attributes.name}}"), StringComparison.Ordinal);
        await OutputAsync("rm older");
        await OutputAsync("volume rm oldvol");
        await OutputAsync("network rm oldnet");
        File.Delete(copy);
    }

    private static (int, string, string) Told(ProgramResult result) => (result.ExitCode, result.Output, result.Errors);

    private Task<ProgramResult> DoAsync(params IEnumerable<string> arguments) => ExternalProgram.RunAsync(Cli, ["-H", "unix://" + host.Socket, .. arguments]);

    private async Task DoneAsync(params IEnumerable<string> arguments) => (await DoAsync(arguments)).Succeeded();

    /// <param name="line">Split at spaces.</param>
    private async Task<string> OutputAsync(string line, params string[] more) => (await DoAsync([.. line.Split(' '), .. more])).Succeeded();
}
