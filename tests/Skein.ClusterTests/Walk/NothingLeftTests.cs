using Skein.ClusterTests.Lab;
using Xunit;

namespace Skein.ClusterTests.Walk;

public sealed class NothingLeftTests
{
    // Everything a lab could leave on the machine, one thing a line. Other things come and go; these bear its name.
    private static async Task<string> TracesAsync(string lab) => (await ExternalProgram.RunAsync(
        "sh",
        "-c",
        "ip netns list; find /sys/fs/cgroup -type d; cat /proc/mounts; ls -d /run/* /var/lib/* /tmp/* /run/netns/* 2>/dev/null; "
        + "ip -o link show; ls -l /proc/[0-9]*/exe 2>/dev/null; tr '\\0' ' ' < /proc/self/mountinfo; cat /proc/[0-9]*/cgroup 2>/dev/null"))
        .Output.Split('\n').Where(l => l.Contains("skein-lab-" + lab, StringComparison.Ordinal)).Aggregate("", (all, line) => all + line + "\n");

    [Fact]
    public async Task A_lab_that_was_taken_down_left_nothing()
    {
        var lab = new Busy();
        await lab.InitializeAsync();
        try
        {
            Assert.NotEmpty(await TracesAsync(lab.Name));
        }
        finally
        {
            await lab.DisposeAsync();
        }

        // A process that was killed stays in the list until the machine's init has read its status.
        await Poll.UntilAsync("no trace of the lab is left", () => TracesAsync(lab.Name), left => left.Length == 0);
    }

    /// <summary>A lab that has all that a lab can have: a swarm, an overlay, containers, a killed host.</summary>
    private sealed class Busy() : LabFixture(2)
    {
        protected override async Task PrepareAsync()
        {
            await Host(1).OutputOfAsync($"swarm init --advertise-addr {Address(1)}");
            var token = await Host(1).OutputOfAsync("swarm join-token --quiet worker");
            await Host(2).OutputOfAsync($"swarm join --token {token} {Address(1)}:2377");
            await Host(1).OutputOfAsync("network create -d overlay net1");
            await Host(1).CreateServiceAsync("--name web --mode global --network net1 --publish 80:80 httpd");
            await LabAsync("kill", "h2");
        }
    }
}
