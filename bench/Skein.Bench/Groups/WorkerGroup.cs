using System.Diagnostics;

namespace Skein.Bench.Groups;

internal static class WorkerGroup
{
    public static async Task RunAsync(Engine engine, Samples samples)
    {
        var service = await engine.CreateAsync("c", 6);
        await engine.RunningAsync(service, 6);
        var lost = await engine.NodeIdAsync(3);
        await Machine.QuietAsync();

        var clock = Stopwatch.StartNew();
        await engine.LabAsync("kill", "h3");
        await engine.UntilAsync("six tasks run on the hosts that are left", async () =>
            (await engine.TasksAsync(service)).Count(t => (string?)t["Status"]!["State"] == "running" && (string?)t["NodeID"] != lost) == 6);
        samples.Add(engine, "worker's power gone until its tasks run elsewhere, ms", clock.Elapsed.TotalMilliseconds);

        await engine.LabAsync("start", "h3");
        await engine.ReadyAsync(3);
        await engine.RemoveAsync(service);
    }
}
