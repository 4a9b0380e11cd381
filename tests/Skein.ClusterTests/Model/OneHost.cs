using Skein.ClusterTests.Lab;

namespace Skein.ClusterTests.Model;

/// <summary>A host that is in no swarm, with the image of the model's containers.</summary>
public sealed class OneHost() : LabFixture(1)
{
    public string Socket => $"/run/skein-lab-{Name}/h1/docker.sock";

    protected override async Task PrepareAsync()
    {
        // And all that is made once, by the first that needs it.
        await Host(1).OutputOfAsync("network create warm");
        await Host(1).OutputOfAsync("run --rm --network warm --volume warm:/warm busybox true");
        await Host(1).OutputOfAsync("run --rm busybox true");
        await Host(1).OutputOfAsync("network rm warm");
        await Host(1).OutputOfAsync("volume rm warm");
    }

    /// <summary>After a walk that failed.</summary>
    public async Task ClearAsync()
    {
        foreach (var id in await Host(1).LinesOfAsync("ps -aq")) await Host(1).RunAsync("rm", "-f", id);
        await Host(1).RunAsync("network", "prune", "-f");
        await Host(1).RunAsync("volume", "prune", "-af");
        await Host(1).RunAsync("rmi", "ta", "tb");
    }

    public async Task KillContainerdAsync()
    {
        await InsideAsync(1, "kill -KILL $(pidof -s containerd)");
        await Poll.UntilAsync(
            "containerd is back", () => Host(1).RunAsync("version", "--format", "{{range .Server.Components}}{{.Name}} {{end}}"), said => said.Output.Contains("containerd", StringComparison.Ordinal));
    }

    /// <summary>Of the container's shim, or of its own process.</summary>
    public async Task KillAsync(string container, bool shim)
    {
        var of = (await Host(1).OutputOfAsync($"inspect --format {{{{.Id}}}}|{{{{.State.Pid}}}} {container}")).Split('|');
        await InsideAsync(1, shim ? $"kill -KILL $(pgrep -f 'containerd-[s]him-runc-v2 .*-id {of[0]} ')" : $"kill -KILL {of[1]}");
    }

    /// <summary>One thing a line: whatever containers, networks and volumes make on a host.</summary>
    public async Task<string> TracesAsync() => string.Join('\n', (await InsideAsync(1, Traces)).Split('\n').Order(StringComparer.Ordinal));

    private const string Traces = """
        find /run/skein /var/lib/skein ! -name '*.pid' ! -path /run/skein/copy
        find /run/containerd/io.containerd.runtime.v2.task/skein -maxdepth 1
        ctr -n skein containers ls -q; ctr -n skein tasks ls -q; ctr -n skein snapshots ls; ctr -n skein leases ls -q; ctr -n skein images ls -q
        ip -br address | awk '{sub("@.*", "", $1); $2 = ""; print}'; ip route | sed 's/ linkdown//'; ip rule
        nft list ruleset
        awk '{print $5}' /proc/self/mountinfo
        find /sys/fs/cgroup -type d -path '*skein*'
        ps -eo comm= | grep -vE '^(ps|awk|sh|sleep|grep|sort|sed|find|bash)$'
        find /run/tmp -mindepth 1
        """;
}
