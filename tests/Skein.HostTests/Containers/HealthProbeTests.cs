using Skein.Agent.Containers;
using Skein.Agent.Tasks;
using Skein.Model;
using Xunit;

namespace Skein.HostTests.Containers;

public sealed class HealthProbeTests
{
    private const long Milliseconds = 1_000_000;

    [Fact]
    public async Task What_it_finds_is_kept_with_the_container_and_told()
    {
        await using var host = await EngineHost.StartAsync();
        var events = host.Engine.Subscribe(CancellationToken.None);
        var id = await host.RunAsync("well", "sleep", "1000");
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(Poll.Soon);
        var verdicts = new List<bool>();
        var check = new HealthConfig { Test = { "CMD-SHELL", "echo pong; echo more >&2" }, Interval = 50 * Milliseconds, Timeout = 60_000 * Milliseconds, Retries = 1 };
        var probing = new HealthProbe(host.Engine, TimeProvider.System, id, check).RunAsync(verdicts.Add, deadline.Token);

        await ToldAsync(events, "health_status: healthy", deadline.Token);
        var health = host.Engine.Find(id).Health!;
        Assert.Equal((HealthVerdict.Healthy, 0, 0), (health.Verdict, health.FailingStreak, health.Log[^1].ExitCode));
        Assert.Equal(["more", "pong"], health.Log[^1].Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order());

        await host.Engine.StopAsync(id, TimeSpan.Zero, null, default);
        Assert.Equal(HealthVerdict.Unhealthy, host.Engine.Find(id).Health!.Verdict);
        await deadline.CancelAsync();
        await probing;
        Assert.True(verdicts[0]);
    }

    [Fact]
    public async Task A_probe_that_hangs_is_ended()
    {
        await using var host = await EngineHost.StartAsync();
        var events = host.Engine.Subscribe(CancellationToken.None);
        var id = await host.RunAsync("stuck", "sleep", "1000");
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(Poll.Soon);
        var check = new HealthConfig { Test = { "CMD", "sleep", "4321" }, Interval = 50 * Milliseconds, Timeout = 300 * Milliseconds, Retries = 2 };
        using var probes = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token);
        var probing = new HealthProbe(host.Engine, TimeProvider.System, id, check).RunAsync(_ => { }, probes.Token);

        await ToldAsync(events, "health_status: unhealthy", deadline.Token);
        await probes.CancelAsync();
        await probing;
        var last = host.Engine.Find(id).Health!.Log[^1];
        Assert.Equal((-1, "Health check exceeded timeout (0.3s)"), (last.ExitCode, last.Output));
        // The last one may have been begun just now, and is ended with its container.
        await Poll.UntilAsync("the probes that hung are ended", () => StuckAsync(host, id), left => left <= 1);
    }

    private static async Task<int> StuckAsync(EngineHost host, string id) =>
        (await host.Engine.TopAsync(id, "-o pid,args", default)).Processes.Count(process => process[1].Contains("4321"));

    private static async Task ToldAsync(System.Threading.Channels.ChannelReader<ContainerEvent> events, string action, CancellationToken deadline)
    {
        await foreach (var happened in events.ReadAllAsync(deadline))
        {
            if (happened.Action == action) return;
        }
    }
}
