using System.Text.Json;
using System.Text.RegularExpressions;
using Skein.ClusterTests.Lab;
using Xunit;

namespace Skein.ClusterTests.Differences;

/// <summary>What `docker events` tells of a container's life, beside dockerd's own stream.</summary>
[Collection(nameof(SharedPair))]
public sealed partial class EventDifferenceTests(DifferenceTests.TwoSwarms swarms)
{
    private static readonly string[] s_life =
    [
        "network create enet",
        "run -d --name ebox --network enet --label a=b busybox sleep 100000",
        "exec ebox true",
        "top ebox",
        "cp ebox:/etc/passwd -",
        "rename ebox desk",
        "update --cpu-shares 300 desk",
        "pause desk",
        "unpause desk",
        "kill --signal HUP desk",
        "restart --time 0 desk",
        "stop --time 0 desk",
        "start desk",
        "kill desk",
        "rm desk",
        "network rm enet",
    ];

    // The two swarms have been asked for services by the other tests, and whose tasks still come and go is no one's choice.
    private static readonly string[] s_swarms = ["com.docker.swarm.", "type=overlay", "name=docker_gwbridge"];

    [Fact]
    public async Task A_containers_life_is_told_as_by_dockerd()
    {
        Assert.SkipUnless(swarms.Dockerd is not null, "there is no dockerd to compare with");
        var ours = await LiveAsync(swarms.Skein.Host(1));
        Assert.Contains("container destroy a=b image=busybox name=desk", ours);
        Assert.Equal(await LiveAsync(swarms.Dockerd!.Host(1)), ours);
    }

    [Fact]
    public async Task Its_health_and_its_want_of_memory_are_told_as_by_dockerd()
    {
        Assert.SkipUnless(swarms.Dockerd is not null, "there is no dockerd to compare with");
        var ours = await AilAsync(swarms.Skein.Host(1));
        Assert.Equal(["container health_status: healthy image=busybox name=hbox", "container health_status: unhealthy image=busybox name=hbox", "container oom image=busybox name=obox"], ours);
        Assert.Equal(await AilAsync(swarms.Dockerd!.Host(1)), ours);
    }

    private static Task<List<string>> LiveAsync(Docker docker) => ToldAsync(docker, async () =>
    {
        foreach (var line in s_life) await docker.OutputOfAsync(line);
    });

    private static async Task<List<string>> AilAsync(Docker docker)
    {
        var told = await ToldAsync(docker, async () =>
        {
            (await docker.RunAsync(
                "run", "-d", "--name", "hbox", "--network", "none", "--health-cmd", "test ! -e /sick", "--health-interval", "200ms", "--health-retries", "1", "busybox", "sleep", "100000")).Succeeded();
            await UntilAsync("healthy");
            await docker.OutputOfAsync("exec hbox touch /sick");
            await UntilAsync("unhealthy");
            await docker.OutputOfAsync("rm -f hbox");
            var ran = await docker.RunAsync("run", "--name", "obox", "--network", "none", "--memory", "8m", "busybox", "tail", "/dev/zero");
            Assert.Equal(137, ran.ExitCode);
            await docker.OutputOfAsync("rm obox");
        });
        // How often it is asked, and how often the kernel finds no memory, is no one's choice.
        return [.. told.Where(line => line.Contains("health_status", StringComparison.Ordinal) || line.Contains(" oom ", StringComparison.Ordinal)).Distinct()];

        Task UntilAsync(string health) =>
            Poll.UntilAsync($"it is {health}", () => docker.OutputOfAsync("inspect -f {{.State.Health.Status}} hbox"), now => now == health);
    }

    private static async Task<List<string>> ToldAsync(Docker docker, Func<Task> live)
    {
        var since = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() / 1000.0;
        await live();
        var told = await docker.RunAsync(
            "events", "--since", $"{since:0.000}", "--until", $"{DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() / 1000.0:0.000}", "--filter", "type=container", "--filter", "type=network", "--format", "{{json .}}");
        return [.. told.Lines().Select(Seen).Where(said => !s_swarms.Any(said.Contains))];
    }

    private static string Seen(string line)
    {
        var json = JsonDocument.Parse(line).RootElement;
        var attributes = json.GetProperty("Actor").GetProperty("Attributes").EnumerateObject()
            // In Docker since 23.
            .Where(attribute => attribute.Name != "execDuration")
            .OrderBy(attribute => attribute.Name, StringComparer.Ordinal);
        return Id().Replace($"{json.GetProperty("Type")} {json.GetProperty("Action")} {string.Join(' ', attributes.Select(attribute => $"{attribute.Name}={attribute.Value}"))}", "ID");
    }

    [GeneratedRegex("[0-9a-f]{64}")]
    private static partial Regex Id();
}
