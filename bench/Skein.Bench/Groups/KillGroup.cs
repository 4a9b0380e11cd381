using System.Diagnostics;

namespace Skein.Bench.Groups;

internal static class KillGroup
{
    public static async Task RunAsync(Engine engine, Samples samples)
    {
        var service = await engine.CreateAsync("k", 6);
        await engine.RunningAsync(service, 6);
        var node = await engine.NodeIdAsync(2);
        var tasks = await engine.TasksAsync(service);
        var old = tasks.Select(t => (string)t["ID"]!).ToHashSet();
        var victim = tasks.First(t => (string?)t["NodeID"] == node);
        await Machine.QuietAsync();

        var clock = Stopwatch.StartNew();
        await engine.Host(2).PostAsync($"containers/{(string)victim["Status"]!["ContainerStatus"]!["ContainerID"]!}/kill?signal=KILL");
        await engine.UntilAsync("the killed container's successor runs", async () =>
            (await engine.TasksAsync(service)).Any(t => !old.Contains((string)t["ID"]!) && (string?)t["Status"]!["State"] == "running"));
        samples.Add(engine, "killed container until its successor runs, delay 0, ms", clock.Elapsed.TotalMilliseconds);
        await engine.RemoveAsync(service);
    }
}
