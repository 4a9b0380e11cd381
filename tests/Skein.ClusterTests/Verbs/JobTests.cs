using Skein.ClusterTests.Lab;
using Xunit;

namespace Skein.ClusterTests.Verbs;

[Collection(nameof(SharedSwarm))]
public sealed class JobTests(SwarmFixture swarm)
{
    private Docker Manager => swarm.Manager;

    [Fact]
    public async Task A_replicated_job_runs_to_its_end_and_again_with_an_update()
    {
        // Attached: it returns when the job is complete.
        var created = await Manager.RunAsync(
            "service", "create", "--name", "count", "--mode", "replicated-job", "--replicas", "3", "--max-concurrent", "2", "busybox", "sh", "-c", "echo done in $HOSTNAME");
        Assert.Contains("job complete", created.Succeeded());
        Assert.Equal("replicated job 0/2 (3/3 completed)", await ShownAsync("count"));
        Assert.Equal(3, (await Manager.LinesOfAsync("service logs --raw count")).Length);
        Assert.Equal(["Complete", "Complete", "Complete"], await StatesAsync("count"));

        Assert.Contains("job complete", await Manager.OutputOfAsync("service update --force count"));
        Assert.Equal("replicated job 0/2 (3/3 completed)", await ShownAsync("count"));
        Assert.Equal("1", await Manager.OutputOfAsync("service inspect --format {{.JobStatus.JobIteration.Index}} count"));
        await Manager.OutputOfAsync("service rm count");
        await swarm.NoContainerOfAsync("count");
    }

    [Fact]
    public async Task A_global_job_runs_once_on_every_node()
    {
        await Manager.OutputOfAsync("service create --quiet --name everywhere --mode global-job busybox true");
        Assert.Equal("global job 0/0 (3/3 completed)", await ShownAsync("everywhere"));
        Assert.Equal(["h1", "h2", "h3"], (await Manager.LinesOfAsync("service ps --format {{.Node}} everywhere")).Order(StringComparer.Ordinal));
        Assert.Equal("everywhere", await Manager.OutputOfAsync("service ls --quiet --filter mode=global-job --format {{.Name}}"));
        await Manager.OutputOfAsync("service rm everywhere");
    }

    [Fact]
    public async Task A_job_that_fails_is_tried_as_often_as_it_may_be()
    {
        await Manager.OutputOfAsync(
            "service create --quiet --detach --name hopeless --mode replicated-job --restart-condition on-failure --restart-max-attempts 1 --restart-delay 0s busybox false");
        await Poll.UntilAsync("both attempts have failed", () => StatesAsync("hopeless"), states => states.SequenceEqual(["Failed", "Failed"]));
        Assert.Equal("replicated job 0/1 (0/1 completed)", await ShownAsync("hopeless"));
        await Manager.OutputOfAsync("service rm hopeless");
    }

    private async Task<string> ShownAsync(string service) =>
        (await Manager.RunAsync("service", "ls", "--filter", $"name={service}", "--format", "{{.Mode}} {{.Replicas}}")).Succeeded();

    private async Task<string[]> StatesAsync(string service) =>
        [.. (await Manager.LinesOfAsync($"service ps --format {{{{.CurrentState}}}} {service}")).Select(state => state.Split(' ')[0])];
}
