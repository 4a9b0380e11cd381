using Skein.ClusterTests.Lab;
using Xunit;

namespace Skein.ClusterTests.Verbs;

[Collection(nameof(SharedSwarm))]
public sealed class GenericResourceTests(SwarmFixture swarm)
{
    private const string File = "/etc/skein/daemon.json";

    private Docker Manager => swarm.Manager;

    [Fact]
    public async Task Tasks_go_where_what_they_reserve_is_and_learn_what_they_were_given()
    {
        await swarm.InsideAsync(3, $"cp {File} {File}.before && sed -i '1a \"node-generic-resources\": [\"gpu=UUID1\", \"gpu=UUID2\", \"ssd=3\"],' {File}");
        try
        {
            await RestartAsync();
            await Poll.UntilAsync("the node tells of its resources", ResourcesAsync, seen => seen == "gpu=UUID1 gpu=UUID2 ssd=3");
            await swarm.CreateAsync("--name train --generic-resource gpu=2 --generic-resource ssd=1 --stop-grace-period 0s busybox sleep 100000");
            var id = Assert.Single(await swarm.Host(3).ContainersOfAsync("train"));
            Assert.Equal(
                ["DOCKER_RESOURCE_GPU=UUID1,UUID2", "DOCKER_RESOURCE_SSD=1"],
                (await swarm.Host(3).RunAsync("exec", id, "sh", "-c", "env | grep DOCKER_RESOURCE | sort")).Lines());

            await Manager.OutputOfAsync("service create --quiet --detach --name waits --generic-resource gpu=1 --stop-grace-period 0s busybox sleep 100000");
            await Poll.UntilAsync(
                "it says what it waits for", () => Manager.OutputOfAsync("service ps waits --no-trunc --format {{.Error}}"),
                error => error.Trim('"') == "no suitable node (insufficient resources on 3 nodes)");
            await Manager.OutputOfAsync("service update --quiet --generic-resource-rm gpu train");
            await Manager.RunningAsync("waits", 1);
            id = Assert.Single(await swarm.Host(3).ContainersOfAsync("waits"));
            Assert.Equal("UUID1", (await swarm.Host(3).RunAsync("exec", id, "sh", "-c", "echo $DOCKER_RESOURCE_GPU")).Succeeded());
        }
        finally
        {
            await Manager.RunAsync("service", "rm", "train", "waits");
            await swarm.InsideAsync(3, $"mv {File}.before {File}");
            await RestartAsync();
            await Poll.UntilAsync("the node has none any more", ResourcesAsync, seen => seen.Length == 0);
        }
        var named = await Manager.RunAsync("service", "create", "--detach", "--generic-resource", "gpu=UUID1", "busybox");
        Assert.Contains("Named Generic Resources is not supported", named.Errors);
    }

    private async Task<string> ResourcesAsync() => (await Manager.RunAsync(
        "node", "inspect", "h3", "--format",
        "{{range .Description.Resources.GenericResources}}{{with .NamedResourceSpec}}{{.Kind}}={{.Value}} {{end}}{{with .DiscreteResourceSpec}}{{.Kind}}={{.Value}} {{end}}{{end}}")).Succeeded().Trim();

    private async Task RestartAsync()
    {
        var before = await swarm.InsideAsync(3, "pidof -s skein");
        await swarm.InsideAsync(3, $"kill -TERM {before}");
        await Poll.UntilAsync("another daemon is there", () => swarm.TryInsideAsync(3, "pidof -s skein"), found => found.ExitCode == 0 && found.Output.Trim() != before);
        await Poll.UntilAsync("it answers", () => swarm.Host(3).RunAsync("version"), done => done.ExitCode == 0);
    }
}
