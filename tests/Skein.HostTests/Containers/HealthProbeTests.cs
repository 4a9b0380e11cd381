using Skein.Agent.Containers;
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
        var check = new HealthConfig { Test = { "CMD-SHELL", "echo pong; echo more >&2" }, Interval = 50 * Milliseconds, Timeout = 60_000 * Milliseconds, Retries = 1 };
        var id = await host.RunAsync(Checked("well", check));
        var verdicts = host.Engine.WatchHealthAsync(id, Poll.Soon).ToListAsync();

        await ToldAsync(events, "health_status: healthy", Poll.Soon);
        var health = host.Engine.Find(id).Health!;
        Assert.Equal((HealthVerdict.Healthy, 0, 0), (health.Verdict, health.FailingStreak, health.Log[^1].ExitCode));
        Assert.Equal(["more", "pong"], health.Log[^1].Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order());

        await host.Engine.StopAsync(id, TimeSpan.Zero, null, default);
        Assert.Equal(HealthVerdict.Unhealthy, host.Engine.Find(id).Health!.Verdict);
        Assert.Equal([HealthVerdict.Healthy], await verdicts);
    }

    [Fact]
    public async Task The_next_daemon_goes_on_probing()
    {
        await using var host = await EngineHost.StartAsync();
        var id = await host.RunAsync(Checked("well", new() { Test = { "CMD", "true" }, Interval = 50 * Milliseconds, Retries = 1 }));
        await Poll.UntilAsync("it is healthy", () => host.Engine.Find(id).Health?.Verdict == HealthVerdict.Healthy);

        await host.RestartEngineAsync();
        Assert.Equal([HealthVerdict.Healthy], await host.Engine.WatchHealthAsync(id, Poll.Soon).Take(1).ToListAsync());
    }

    [Fact]
    public async Task A_probe_that_hangs_is_ended()
    {
        await using var host = await EngineHost.StartAsync();
        var events = host.Engine.Subscribe(CancellationToken.None);
        var check = new HealthConfig { Test = { "CMD", "sleep", "4321" }, Interval = 50 * Milliseconds, Timeout = 300 * Milliseconds, Retries = 2 };
        var id = await host.RunAsync(Checked("stuck", check));

        await ToldAsync(events, "health_status: unhealthy", Poll.Soon);
        var last = host.Engine.Find(id).Health!.Log[^1];
        Assert.Equal((-1, "Health check exceeded timeout (0.3s)"), (last.ExitCode, last.Output));
        // The last one may have been begun just now, and is ended with its container.
        await Poll.UntilAsync("the probes that hung are ended", () => StuckAsync(host, id), left => left <= 1);
    }

    private static ContainerDefinition Checked(string name, HealthConfig check)
    {
        var definition = EngineHost.Define(name, "sleep", "1000");
        definition.Spec.Healthcheck = check;
        return definition;
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
