using Skein.ClusterTests.Lab;
using Xunit;

namespace Skein.ClusterTests.Verbs;

/// <summary>An update whose tasks fail, with each of the actions that Docker knows.</summary>
[Collection(nameof(SharedSwarm))]
public sealed class UpdateFailureTests(SwarmFixture swarm)
{
    private const string Create = "service create --quiet --detach --restart-condition none --restart-delay 0s --stop-grace-period 0s --update-monitor 3s --rollback-monitor 1s";

    private Docker Manager => swarm.Manager;

    [Fact]
    public async Task Rollback_gives_the_former_spec_back_by_itself()
    {
        await CreateAsync("returning", "--replicas 2 --update-failure-action rollback --env COLOUR=green");
        await FailAsync("returning", "--env-add COLOUR=red");
        await EndsAsync("returning", "rollback_completed", "rollback completed");
        Assert.Equal("[COLOUR=green]", await Manager.OutputOfAsync("service inspect --format {{.Spec.TaskTemplate.ContainerSpec.Env}} returning"));
        Assert.Equal("[sleep 100000]", (await Manager.RunAsync("service", "inspect", "--format", "{{.Spec.TaskTemplate.ContainerSpec.Args}}", "returning")).Succeeded());
        await RunsAsync("returning", 2);
        await Manager.OutputOfAsync("service rm returning");
    }

    [Fact]
    public async Task Pause_leaves_the_other_slots_as_they_are_until_an_update_mends_it()
    {
        await CreateAsync("pausing", "--replicas 3");
        await FailAsync("pausing", "");
        await EndsAsync("pausing", "paused", "update paused due to failure or early termination of task ");
        // The second slot may have begun: a task that has started lets it, and the monitor goes on.
        Assert.InRange((await RunningAsync("pausing")).Length, 1, 2);
        (await Manager.RunAsync("service", "update", "--quiet", "--detach", "--args", "sleep 100000", "pausing")).Succeeded();
        await EndsAsync("pausing", "completed", "update completed");
        await RunsAsync("pausing", 3);
        await Manager.OutputOfAsync("service rm pausing");
    }

    [Fact]
    public async Task Continue_tries_every_slot()
    {
        await CreateAsync("stubborn", "--replicas 2 --update-failure-action continue");
        await FailAsync("stubborn", "");
        await EndsAsync("stubborn", "completed", "update completed");
        Assert.Empty(await RunningAsync("stubborn"));
        await Manager.OutputOfAsync("service rm stubborn");
    }

    [Fact]
    public async Task Failures_below_the_ratio_are_borne()
    {
        await CreateAsync("lenient", "--replicas 2 --update-max-failure-ratio 1");
        await FailAsync("lenient", "");
        await EndsAsync("lenient", "completed", "update completed");
        await Manager.OutputOfAsync("service rm lenient");
    }

    [Fact]
    public async Task A_paused_update_is_rolled_back_by_hand()
    {
        await CreateAsync("mended", "--replicas 2");
        await FailAsync("mended", "");
        await EndsAsync("mended", "paused", "update paused due to failure or early termination of task ");
        await Manager.OutputOfAsync("service rollback --quiet --detach mended");
        await EndsAsync("mended", "rollback_completed", "rollback completed");
        await RunsAsync("mended", 2);
        await Manager.OutputOfAsync("service rm mended");
    }

    private async Task CreateAsync(string name, string flags)
    {
        await Manager.OutputOfAsync($"{Create} --name {name} {flags} busybox sleep 100000");
        await RunsAsync(name, int.Parse(flags.Split("--replicas ")[1].Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture));
    }

    private Task FailAsync(string name, string flags) => Manager.OutputOfAsync($"service update --quiet --detach --args false {flags} {name}".Replace("  ", " ", StringComparison.Ordinal));

    private Task EndsAsync(string name, string state, string message) => Poll.UntilAsync(
        $"the update of {name} is {state}: {message}",
        async () => (await Manager.RunAsync("service", "inspect", "--format", "{{.UpdateStatus.State}} {{.UpdateStatus.Message}}", name)).Output,
        said => said.StartsWith($"{state} {message}", StringComparison.Ordinal));

    private Task RunsAsync(string name, int replicas) =>
        Poll.UntilAsync($"{replicas} tasks of {name} run", () => RunningAsync(name), rows => rows.Length == replicas);

    private async Task<string[]> RunningAsync(string name) =>
        [.. (await Manager.RunAsync("service", "ps", name, "--filter", "desired-state=running", "--format", "{{.CurrentState}}")).Lines().Where(state => state.StartsWith("Running", StringComparison.Ordinal))];
}
