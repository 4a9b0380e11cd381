using System.Globalization;
using Skein.ClusterTests.Lab;
using Xunit;

namespace Skein.ClusterTests.Walk;

[Collection(Alone.Name)]
public sealed class LeaderTests(LeaderTests.ThreeManagers lab) : IClassFixture<LeaderTests.ThreeManagers>
{
    [Fact]
    public async Task A_leader_that_loses_its_power_is_succeeded_and_its_tasks_run_elsewhere()
    {
        var survivor = lab.Host(2);
        await survivor.CreateServiceAsync("--name web --replicas 6 httpd");
        await lab.LabAsync("kill", "h1");

        await Poll.UntilAsync(
            "another manager leads",
            () => survivor.RunAsync("node", "ls", "--format", "{{.Hostname}} {{.ManagerStatus}}"),
            nodes => nodes.ExitCode == 0 && nodes.Output.Split('\n').Any(n => n is "h2 Leader" or "h3 Leader"));
        await Poll.UntilAsync(
            "a write is accepted",
            () => survivor.RunAsync("service", "scale", "--detach", "web=8"),
            result => result.ExitCode == 0);
        await Poll.UntilAsync(
            "eight tasks run on the managers that are left",
            () => survivor.StatesOfAsync("web"),
            states => states.Length == 8 && states.All(s => s.StartsWith("Running", StringComparison.Ordinal) && !s.Contains("on h1", StringComparison.Ordinal)));

        await lab.LabAsync("start", "h1");
        await Poll.UntilAsync(
            "the former leader is a manager within reach",
            () => survivor.OutputOfAsync("node ls --filter name=h1 --format {{.Status}}/{{.ManagerStatus}}"),
            state => state is "Ready/Reachable" or "Ready/Leader");
        await Poll.UntilAsync(
            "it knows all three nodes", () => lab.Host(1).RunAsync("node", "ls", "--quiet"), result => result is { ExitCode: 0 } && result.Lines().Length == 3);
    }

    [Fact]
    public async Task A_leader_that_is_cut_off_is_succeeded_decides_nothing_more_and_follows_when_it_is_back()
    {
        var name = await LeaderAsync(lab.Host(1));
        var former = int.Parse(name[1..], CultureInfo.InvariantCulture);
        var survivor = lab.Host(former % 3 + 1);
        await survivor.CreateServiceAsync("--name cut --replicas 3 httpd");
        await lab.LabAsync("pause", name);
        await Poll.UntilAsync("another manager leads", () => LeaderAsync(survivor), leader => leader.Length > 0 && leader != name);
        await Poll.UntilAsync(
            "the one that was cut off knows that it does not lead",
            () => lab.Host(former).RunAsync("service", "scale", "--detach", "cut=1"),
            result => result.ExitCode != 0 && result.Errors.Contains("The swarm does not have a leader.", StringComparison.Ordinal));
        await Poll.UntilAsync("a write is accepted", () => survivor.RunAsync("service", "scale", "--detach", "cut=4"), result => result.ExitCode == 0);

        await lab.LabAsync("resume", name);
        await Poll.UntilAsync(
            "the former leader is a manager within reach",
            () => survivor.OutputOfAsync($"node ls --filter name={name} --format {{{{.Status}}}}/{{{{.ManagerStatus}}}}"),
            state => state is "Ready/Reachable");
        await Poll.UntilAsync("it shows what was decided without it", () => lab.Host(former).RunAsync("service", "ls", "--format", "{{.Replicas}}", "--filter", "name=cut"), r => r.Output.Trim() == "4/4");
        await survivor.OutputOfAsync("service rm cut");
    }

    private static async Task<string> LeaderAsync(Docker docker) =>
        (await docker.RunAsync("node", "ls", "--format", "{{.Hostname}} {{.ManagerStatus}}")).Output.Split('\n')
            .Where(n => n.EndsWith(" Leader", StringComparison.Ordinal)).Select(n => n.Split(' ')[0]).SingleOrDefault("");

    public sealed class ThreeManagers() : LabFixture(3)
    {
        protected override async Task PrepareAsync()
        {
            await Host(1).OutputOfAsync($"swarm init --advertise-addr {Address(1)}");
            var token = await Host(1).OutputOfAsync("swarm join-token --quiet manager");
            foreach (var host in (int[])[2, 3])
                await Host(host).OutputOfAsync($"swarm join --token {token} {Address(1)}:2377");
            await Poll.UntilAsync(
                "three managers are reachable",
                () => Host(1).LinesOfAsync("node ls --format {{.Status}}/{{.ManagerStatus}}"),
                nodes => nodes.Length == 3 && nodes.All(n => n is "Ready/Leader" or "Ready/Reachable"));
        }
    }
}
