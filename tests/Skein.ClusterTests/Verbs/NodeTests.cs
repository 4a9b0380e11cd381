using Skein.ClusterTests.Lab;
using Xunit;

namespace Skein.ClusterTests.Verbs;

[Collection(nameof(SharedSwarm))]
public sealed class NodeTests(SwarmFixture swarm)
{
    private Docker Manager => swarm.Manager;

    [Fact]
    public async Task Version_and_info_name_the_containerd_that_runs_the_containers()
    {
        // "containerd github.com/containerd/containerd 1.6.20~ds1 1.6.20~ds1-1+deb12u1"
        var said = (await swarm.InsideAsync(1, "containerd --version")).Split(' ')[2];
        Assert.Equal(said, await Manager.OutputOfAsync("info --format {{.ContainerdCommit.ID}}"));
        Assert.Contains($"containerd={said}", (await Manager.RunAsync("version", "--format", "{{range .Server.Components}}{{.Name}}={{.Version}} {{end}}")).Output.Split(' '));
    }

    [Fact]
    public async Task A_drained_node_gives_its_tasks_away_and_takes_new_ones_when_active_again()
    {
        await Manager.OutputOfAsync("service create --quiet --detach --name movable --replicas 3 httpd");
        await Manager.OutputOfAsync("service create --quiet --detach --name everywhere --mode global httpd");
        await Manager.RunningAsync("everywhere", 3);
        await Poll.UntilAsync("a task runs on h2", () => Manager.StatesOfAsync("movable"), states => OnH2(states) == 1);

        await Manager.OutputOfAsync("node update --availability drain h2");
        Assert.Equal("Drain", await Manager.OutputOfAsync("node ls --filter name=h2 --format {{.Availability}}"));
        await Poll.UntilAsync(
            "all run elsewhere",
            () => Manager.StatesOfAsync("movable"),
            states => states.Length == 3 && OnH2(states) == 0 && states.All(s => s.StartsWith("Running", StringComparison.Ordinal)));
        await Poll.UntilAsync("no container runs on h2", () => swarm.Host(2).LinesOfAsync("ps --quiet"), left => left.Length == 0);
        Assert.Equal(2, (await Manager.StatesOfAsync("everywhere")).Length);

        await Manager.OutputOfAsync("node update --availability active h2");
        await Manager.RunningAsync("everywhere", 3);
        // What runs well elsewhere stays there; what is new goes where there is least.
        Assert.Equal(0, OnH2(await Manager.StatesOfAsync("movable")));
        await Manager.OutputOfAsync("service scale --detach movable=4");
        Assert.Equal(1, OnH2(await Manager.RunningAsync("movable", 4)));
        await Manager.OutputOfAsync("service rm movable everywhere");
    }

    private static int OnH2(string[] states) => states.Count(s => s.Contains(" on h2", StringComparison.Ordinal));
}
