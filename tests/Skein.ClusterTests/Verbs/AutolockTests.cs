using Skein.ClusterTests.Lab;
using Xunit;

namespace Skein.ClusterTests.Verbs;

/// <summary>A swarm with autolock, whose only manager's daemon is killed.</summary>
[Collection(Alone.Name)]
public sealed class AutolockTests(AutolockTests.TwoHosts lab) : IClassFixture<AutolockTests.TwoHosts>
{
    private const string Locked = "Swarm is encrypted and needs to be unlocked before it can be used. Please use \"docker swarm unlock\" to unlock it.";

    private Docker Manager => lab.Host(1);

    [Fact]
    public async Task A_locked_managers_containers_go_on_and_it_is_a_manager_again_by_its_key()
    {
        Assert.Contains("To unlock a swarm manager after it restarts", await Manager.OutputOfAsync($"swarm init --advertise-addr {LabFixture.Address(1)} --autolock"), StringComparison.Ordinal);
        var token = await Manager.OutputOfAsync("swarm join-token --quiet worker");
        await lab.Host(2).OutputOfAsync($"swarm join --token {token} {LabFixture.Address(1)}:2377");
        var first = await Manager.OutputOfAsync("swarm unlock-key --quiet");
        Assert.Contains("Successfully rotated manager unlock key.", await Manager.OutputOfAsync("swarm unlock-key --rotate"), StringComparison.Ordinal);
        var key = await Manager.OutputOfAsync("swarm unlock-key --quiet");
        Assert.StartsWith("SWMKEY-1-", key, StringComparison.Ordinal);
        Assert.NotEqual(first, key);
        await Manager.OutputOfAsync("network create -d overlay within");
        await Manager.CreateServiceAsync("--name web --mode global --network within --publish 8126:80 httpd");
        var container = Assert.Single(await Manager.ContainersOfAsync("web"));
        await lab.IsOpenAsync(LabFixture.Address(1), 8126);
        await Poll.UntilAsync("it answers by its name", () => Manager.RunAsync("exec", container, "wget", "-q", "-O", "-", "http://web/"), said => said.ExitCode == 0);
        await Poll.UntilAsync("the disk is sealed with the new key", () => lab.InsideAsync(1, "grep -c sealed /var/lib/skein/swarm/swarm.json"), found => found == "1");

        await lab.InsideAsync(1, "pkill -KILL -x skein");
        await Poll.UntilAsync("the daemon is back", () => Manager.RunAsync("info", "--format", "{{.Swarm.LocalNodeState}}"), said => said.Output.Trim() == "locked");

        Assert.Equal(Locked, await Manager.OutputOfAsync("info --format {{.Swarm.Error}}"));
        foreach (var line in (string[])["node ls", "service ls", "swarm join-token worker", "swarm update --autolock=false"])
            Assert.Equal($"Error response from daemon: {Locked}", (await Manager.RunAsync(line.Split(' '))).Errors.Trim());
        Assert.Equal(
            "Error response from daemon: Swarm is encrypted and locked. Please unlock it first or use `--force` to ignore this message.",
            (await Manager.RunAsync("swarm", "leave")).Errors.Trim());
        Assert.Contains("Swarm: locked", (await ExternalProgram.RunAsync("curl", "-s", "-i", "--unix-socket", Socket, "http://d/_ping")).Succeeded(), StringComparison.Ordinal);
        Assert.DoesNotContain("BEGIN PRIVATE KEY", await lab.InsideAsync(1, "cat /var/lib/skein/swarm/*.json /var/lib/skein/swarm/certificates/*"), StringComparison.Ordinal);
        Assert.Equal("0", await lab.InsideAsync(1, "pgrep -c -x etcd || true"));

        Assert.Equal(container, Assert.Single(await Manager.ContainersOfAsync("web")));
        Assert.Contains("It works!", await lab.InsideAsync(0, $"curl -s -m 20 http://{LabFixture.Address(1)}:8126/"), StringComparison.Ordinal);
        // By its network's balancers and names, which the daemon answers.
        Assert.Contains("It works!", await Manager.OutputOfAsync($"exec {container} wget -q -O - http://web/"), StringComparison.Ordinal);

        Assert.Contains("swarm could not be unlocked: invalid key provided", (await UnlockAsync(first)).Errors, StringComparison.Ordinal);
        (await UnlockAsync(key)).Succeeded();
        Assert.Equal(2, (await Manager.LinesOfAsync("node ls --format {{.Hostname}}")).Length);
        await Manager.RunningAsync("web", 2);
        Assert.Equal(container, Assert.Single(await Manager.ContainersOfAsync("web")));

        await Manager.OutputOfAsync("swarm update --autolock=false");
        await Poll.UntilAsync("the disk is open", () => lab.InsideAsync(1, "grep -c sealed /var/lib/skein/swarm/swarm.json || true"), found => found == "0");
        await lab.InsideAsync(1, "pkill -KILL -x skein");
        await Poll.UntilAsync("the daemon is back, and asks for no key", () => Manager.RunAsync("node", "ls"), said => said.ExitCode == 0);
    }

    private string Socket => $"/run/skein-lab-{lab.Name}/h1/docker.sock";

    private Task<ProgramResult> UnlockAsync(string key) => ExternalProgram.RunAsync("sh", "-c", $"echo {key} | docker -H unix://{Socket} swarm unlock");

    public sealed class TwoHosts() : LabFixture(2);
}
