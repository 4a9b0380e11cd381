using Skein.ClusterTests.Lab;
using Xunit;

namespace Skein.ClusterTests.Verbs;

/// <summary>`docker run` and what follows it, on networks that are not the swarm's.</summary>
[Collection(nameof(SharedSwarm))]
public sealed class StandaloneTests(SwarmFixture swarm)
{
    private Docker Docker => swarm.Host(1);

    [Fact]
    public async Task A_container_runs_in_the_foreground_and_leaves_nothing()
    {
        var ran = await Docker.RunAsync("run", "--rm", "--network", "none", "--name", "brief", "--hostname", "box", "-e", "A=b", "-w", "/tmp", "busybox", "sh", "-c", "hostname; echo $A; pwd; exit 3");
        Assert.Equal((3, "box\nb\n/tmp\n"), (ran.ExitCode, ran.Output));
        Assert.Empty(await Docker.LinesOfAsync("ps -aq --filter name=^brief$"));
    }

    [Fact]
    public async Task Restarts_are_counted_and_end_with_the_policy()
    {
        await Docker.OutputOfAsync("run -d --network none --name failing --restart on-failure:2 busybox sh -c false");
        await Poll.UntilAsync(
            "it was restarted twice", () => Docker.OutputOfAsync("inspect -f {{.RestartCount}}|{{.State.Status}}|{{.State.ExitCode}} failing"), state => state == "2|exited|1");
        await Docker.OutputOfAsync("rm failing");
    }

    [Fact]
    public async Task What_a_user_stops_stays_stopped_and_starts_again()
    {
        await Docker.OutputOfAsync("run -d --network none --name steady --restart always --stop-timeout 0 busybox sleep 100000");
        await Docker.OutputOfAsync("stop steady");
        Assert.Equal("exited|0", await Docker.OutputOfAsync("inspect -f {{.State.Status}}|{{.RestartCount}} steady"));
        await Docker.OutputOfAsync("start steady");
        await Docker.OutputOfAsync("restart -t 0 steady");
        Assert.Equal("running", await Docker.OutputOfAsync("inspect -f {{.State.Status}} steady"));
        await Docker.OutputOfAsync("kill steady");
        Assert.Equal("137", await Docker.OutputOfAsync("wait steady"));
        await Docker.OutputOfAsync("rm -f steady");
    }

    [Fact]
    public async Task A_container_is_paused_renamed_and_given_other_limits()
    {
        await Docker.OutputOfAsync("run -d --network none --name former --memory 64m busybox sleep 100000");
        await Docker.OutputOfAsync("pause former");
        Assert.Equal("true", await Docker.OutputOfAsync("inspect -f {{.State.Paused}} former"));
        await Docker.OutputOfAsync("unpause former");
        await Docker.OutputOfAsync("rename former later");
        await Docker.OutputOfAsync("update --memory 128m --memory-swap 256m --restart always later");
        Assert.Equal("134217728|always", await Docker.OutputOfAsync("inspect -f {{.HostConfig.Memory}}|{{.HostConfig.RestartPolicy.Name}} later"));
        // The one of them that this host's version of control groups has.
        var limit = await Docker.RunAsync("exec", "later", "sh", "-c", "cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null || true");
        Assert.Equal("134217728", limit.Output.Trim());
        await Docker.OutputOfAsync("rm -f later");
    }

    [Fact]
    public async Task Namespaces_are_shared_with_another_container()
    {
        await Docker.OutputOfAsync("run -d --network none --name donor --ipc shareable busybox sleep 100000");
        var seen = (await Docker.RunAsync(
            "run", "--rm", "--network", "container:donor", "--pid", "container:donor", "--ipc", "container:donor", "busybox", "sh", "-c", "echo x > /dev/shm/mark; cat /proc/1/cmdline | tr '\\0' ' '; readlink /proc/self/ns/net"))
            .Lines();
        Assert.Equal("sleep 100000 ", seen[0][..13]);
        Assert.Contains((await Docker.OutputOfAsync("exec donor readlink /proc/1/ns/net")).Trim(), seen[^1], StringComparison.Ordinal);
        Assert.Equal("x", await Docker.OutputOfAsync("exec donor cat /dev/shm/mark"));
        await Docker.OutputOfAsync("stop -t 0 donor");
        var refused = await Docker.RunAsync("run", "--rm", "--network", "container:donor", "busybox", "true");
        Assert.Contains("cannot join network namespace of a non running container: container donor is exited", refused.Errors, StringComparison.Ordinal);
        await Docker.OutputOfAsync("rm donor");
        // A client that is told of something missing takes it for the image, and pulls that.
        var nobody = await Docker.RunAsync("run", "--rm", "--network", "none", "--volumes-from", "nobody", "busybox", "true");
        Assert.Contains("No such container: nobody", nobody.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("Unable to find image", nobody.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_next_daemon_keeps_what_runs_and_starts_what_its_policy_wants()
    {
        await Docker.OutputOfAsync("run -d --network none --name kept busybox sleep 100000");
        await Docker.OutputOfAsync("run -d --network none --name ever --restart always --stop-timeout 0 busybox sleep 100000");
        await Docker.OutputOfAsync("run -d --network none --name until --restart unless-stopped --stop-timeout 0 busybox sleep 100000");
        await Docker.OutputOfAsync("stop ever until");
        var before = await Docker.OutputOfAsync("inspect -f {{.State.Pid}} kept");

        await swarm.RestartDaemonAsync(1);

        Assert.Equal(before, await Docker.OutputOfAsync("inspect -f {{.State.Pid}} kept"));
        await Poll.UntilAsync("it runs again", () => Docker.OutputOfAsync("inspect -f {{.State.Status}} ever"), state => state == "running");
        Assert.Equal("exited", await Docker.OutputOfAsync("inspect -f {{.State.Status}} until"));
        await Docker.OutputOfAsync("rm -f kept ever until");
    }

    [Fact]
    public async Task Who_is_attached_is_told_that_the_daemon_stops_and_the_container_goes_on()
    {
        const string words = "the daemon stops, and this stream ends; the container goes on running";
        var socket = Docker.Address;
        var foreground = Docker.RunAsync("run", "--name", "told", "--network", "none", "busybox", "sleep", "100000");
        var terminal = ExternalProgram.RunAsync("script", "--quiet", "--return", "--command", $"docker -H {socket} run -it --name shown --network none busybox sleep 100000", "/dev/null");
        // Each is attached before it is started.
        await Poll.UntilAsync("both run", () => Docker.LinesOfAsync("ps -q --filter name=^told$ --filter name=^shown$"), running => running.Length == 2);
        var inside = Docker.RunAsync("exec", "told", "sleep", "99999");
        await Poll.UntilAsync("the exec runs", () => Docker.OutputOfAsync("top told"), listed => listed.Contains("99999", StringComparison.Ordinal));
        var before = await Docker.OutputOfAsync("inspect -f {{.State.Pid}} told shown");

        await swarm.RestartDaemonAsync(1, "TERM");

        foreach (var left in (ProgramResult[])[await foreground, await inside])
        {
            Assert.NotEqual(0, left.ExitCode);
            Assert.Contains(words, left.Errors, StringComparison.Ordinal);
        }
        Assert.Contains(words, (await terminal).Output, StringComparison.Ordinal);
        Assert.Equal(before, await Docker.OutputOfAsync("inspect -f {{.State.Pid}} told shown"));
        Assert.Equal("here", await Docker.OutputOfAsync("exec told echo here"));
        await Docker.OutputOfAsync("rm -f told shown");
    }
}
