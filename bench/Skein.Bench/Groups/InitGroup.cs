using System.Diagnostics;

namespace Skein.Bench.Groups;

internal static class InitGroup
{
    public static async Task RunAsync(Engine engine, Samples samples)
    {
        for (var host = Engine.Hosts; host >= 1; host--)
        {
            if ((string?)(await engine.Host(host).GetAsync("info"))!["Swarm"]!["LocalNodeState"] != "inactive")
                await engine.Host(host).PostAsync("swarm/leave?force=1");
        }

        await Machine.QuietAsync();
        var clock = Stopwatch.StartNew();
        await engine.InitAsync();
        samples.Add(engine, "swarm init, ms", clock.Elapsed.TotalMilliseconds);
        await Machine.QuietAsync();
        clock.Restart();
        await engine.JoinAsync(2, asManager: false);
        samples.Add(engine, "worker joins until ready, ms", clock.Elapsed.TotalMilliseconds);
        await Machine.QuietAsync();
        clock.Restart();
        await engine.JoinAsync(3, asManager: true);
        samples.Add(engine, "manager joins until reachable, ms", clock.Elapsed.TotalMilliseconds);
    }
}
