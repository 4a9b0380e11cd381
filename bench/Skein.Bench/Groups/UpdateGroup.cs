using System.Diagnostics;

namespace Skein.Bench.Groups;

/// <summary>What the drain barrier costs: the same update with it and, for Skein, without.</summary>
internal static class UpdateGroup
{
    private const int Tasks = 6;

    public static async Task RunAsync(Engine engine, Samples samples)
    {
        await MeasureAsync(engine, samples, "update of six tasks one at a time, ms", []);
        if (engine.HasBarrier) await MeasureAsync(engine, samples, "update of six tasks one at a time, skein.drain.timeout=0s, ms", new() { ["skein.drain.timeout"] = "0s" });
    }

    private static async Task MeasureAsync(Engine engine, Samples samples, string figure, Dictionary<string, string> labels)
    {
        var service = await engine.CreateAsync("u", Tasks, virtualAddress: engine.HasBarrier, labels: labels);
        await engine.RunningAsync(service, Tasks);
        var old = (await engine.TasksAsync(service)).Select(t => (string)t["ID"]!).ToHashSet();
        await Machine.QuietAsync();

        var clock = Stopwatch.StartNew();
        await engine.ForceUpdateAsync(service);
        await engine.UntilAsync("all tasks are new and run", async () =>
            (await engine.TasksAsync(service)).Count(t => !old.Contains((string)t["ID"]!) && (string?)t["Status"]!["State"] == "running") == Tasks);
        samples.Add(engine, figure, clock.Elapsed.TotalMilliseconds);
        await engine.RemoveAsync(service);
    }
}
