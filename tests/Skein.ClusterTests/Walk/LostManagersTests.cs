using Skein.ClusterTests.Lab;
using Xunit;

namespace Skein.ClusterTests.Walk;

/// <summary>Two managers and a worker: one manager is lost, the swarm goes on with the other, and a host moves to another address.</summary>
[Collection(Alone.Name)]
public sealed class LostManagersTests(LostManagersTests.ThreeHosts lab) : IClassFixture<LostManagersTests.ThreeHosts>
{
    private Docker Manager => lab.Host(1);

    [Fact]
    public async Task A_swarm_whose_majority_is_lost_goes_on_with_what_is_left_and_follows_a_host_that_moves()
    {
        await BeginAsync();
        var (own, kept) = (Assert.Single(await Manager.ContainersOfAsync("web")), Assert.Single(await lab.Host(3).ContainersOfAsync("web")));

        await lab.LabAsync("kill", "h2");
        await Poll.UntilAsync("the majority is lost", () => Manager.RunAsync("node", "ls"), said => said.Errors.Contains("does not have a leader", StringComparison.Ordinal));
        Assert.Contains("is now a manager", await Manager.OutputOfAsync($"swarm init --force-new-cluster --advertise-addr {LabFixture.Address(1)}"), StringComparison.Ordinal);

        await NodesAreAsync("h1 Ready Leader", "h2 Down ", "h3 Ready ");
        Assert.Contains("kept", await Manager.OutputOfAsync("secret ls --format {{.Name}}"), StringComparison.Ordinal);
        Assert.Equal(own, Assert.Single(await Manager.ContainersOfAsync("web")));
        Assert.Equal(kept, Assert.Single(await lab.Host(3).ContainersOfAsync("web")));
        await Manager.OutputOfAsync("service update --quiet --detach --label-add changed=yes web");

        await lab.LabAsync("start", "h2");
        await NodesAreAsync("h1 Ready Leader", "h2 Ready Reachable", "h3 Ready ");
        await Manager.RunningAsync("web", 3);

        await MoveAsync(3, "192.168.56.43");
        await Poll.UntilAsync("the worker is where it is by now", () => Manager.RunAsync("node", "inspect", "--format", "{{.Status.Addr}}_{{.Status.State}}", "h3"), said => said.Output.Trim() == "192.168.56.43_ready");
        await MoveAsync(2, "192.168.56.42");
        // One of two managers starts again: for a moment there is no majority to be asked.
        await Poll.UntilAsync(
            "the manager is where it is by now",
            () => Manager.RunAsync("node", "inspect", "--format", "{{.Status.Addr}}_{{.ManagerStatus.Addr}}", "h2"),
            said => said.Output.Trim() == "192.168.56.42_192.168.56.42:2377");
        await NodesAreAsync("h1 Ready Leader", "h2 Ready Reachable", "h3 Ready ");
        await Poll.UntilAsync(
            "the worker knows where the manager is", () => lab.Host(3).OutputOfAsync("info --format {{.Swarm.RemoteManagers}}"), said => said.Contains("192.168.56.42:2377", StringComparison.Ordinal));
        // Both speak to all tasks of the service, wherever they are: the balancer picks one of three each time.
        foreach (var host in (int[])[2, 3])
        {
            var container = Assert.Single(await lab.Host(host).ContainersOfAsync("web"));
            await Poll.UntilAsync(
                $"whichever of the three tasks is asked answers h{host}",
                () => lab.Host(host).RunAsync("exec", container, "sh", "-c", "for ask in 1 2 3 4 5 6 7 8 9 10 11 12; do timeout 5 wget -q -O - http://web/ || exit 1; done"),
                said => said.ExitCode == 0 && said.Output.Split("It works!").Length == 13);
        }
        Assert.Contains("It works!", await lab.InsideAsync(0, "curl -s -m 20 http://192.168.56.43:8127/"), StringComparison.Ordinal);
    }

    private async Task BeginAsync()
    {
        await Manager.OutputOfAsync($"swarm init --advertise-addr {LabFixture.Address(1)}");
        foreach (var (host, role) in ((int, string)[])[(2, "manager"), (3, "worker")])
            await lab.Host(host).OutputOfAsync($"swarm join --token {await Manager.OutputOfAsync("swarm join-token --quiet " + role)} {LabFixture.Address(1)}:2377");
        (await ExternalProgram.RunAsync("sh", "-c", $"echo x | docker -H unix:///run/skein-lab-{lab.Name}/h1/docker.sock secret create kept -")).Succeeded();
        await Manager.OutputOfAsync("network create -d overlay within");
        await Manager.CreateServiceAsync("--name web --mode global --network within --secret kept --publish 8127:80 httpd");
        await NodesAreAsync("h1 Ready Leader", "h2 Ready Reachable", "h3 Ready ");
    }

    /// <summary>Its only address is another from now on, and its daemon finds it so when it starts.</summary>
    private async Task MoveAsync(int host, string address)
    {
        await lab.InsideAsync(host, $"ip addr add {address}/24 dev eth0 && ip addr del {LabFixture.Address(host)}/24 dev eth0; ip addr replace {address}/24 dev eth0; pkill -KILL -x skein");
        await Poll.UntilAsync("the daemon is back", () => lab.Host(host).RunAsync("version"), said => said.ExitCode == 0);
    }

    private Task NodesAreAsync(params string[] nodes) => Poll.UntilAsync(
        $"the nodes are {string.Join(", ", nodes)}",
        () => Manager.RunAsync("node", "ls", "--format", "{{.Hostname}} {{.Status}} {{.ManagerStatus}}"),
        said => said.ExitCode == 0 && said.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal).SequenceEqual(nodes));

    public sealed class ThreeHosts() : LabFixture(3);
}
