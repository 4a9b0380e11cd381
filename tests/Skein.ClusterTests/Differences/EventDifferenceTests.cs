using System.Text.Json;
using System.Text.RegularExpressions;
using Skein.ClusterTests.Lab;
using Xunit;

namespace Skein.ClusterTests.Differences;

/// <summary>What `docker events` tells of a container's life, beside dockerd's own stream.</summary>
public sealed partial class EventDifferenceTests(DifferenceTests.TwoSwarms swarms) : IClassFixture<DifferenceTests.TwoSwarms>
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

    [Fact]
    public async Task A_containers_life_is_told_as_by_dockerd()
    {
        Assert.SkipUnless(swarms.Dockerd is not null, "there is no dockerd to compare with");
        var ours = await LiveAsync(swarms.Skein.Host(1));
        Assert.Contains("container destroy a=b image=busybox name=desk", ours);
        Assert.Equal(await LiveAsync(swarms.Dockerd!.Host(1)), ours);
    }

    private static async Task<List<string>> LiveAsync(Docker docker)
    {
        var since = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() / 1000.0;
        foreach (var line in s_life) await docker.OutputOfAsync(line);
        var told = await docker.RunAsync(
            "events", "--since", $"{since:0.000}", "--until", $"{DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() / 1000.0:0.000}", "--filter", "type=container", "--filter", "type=network", "--format", "{{json .}}");
        return [.. told.Lines().Select(Seen)];
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
