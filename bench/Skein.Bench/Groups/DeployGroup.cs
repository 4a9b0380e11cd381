using System.Diagnostics;

namespace Skein.Bench.Groups;

internal static class DeployGroup
{
    public static async Task RunAsync(Engine engine, Samples samples)
    {
        await Machine.QuietAsync();
        var clock = Stopwatch.StartNew();
        var service = await engine.CreateAsync("w", 2);
        await engine.RunningAsync(service, 2);
        samples.Add(engine, "create of two on an overlay until running, ms", clock.Elapsed.TotalMilliseconds);

        var have = 2;
        foreach (var want in (int[])[4, 20, 60, 0])
        {
            await Machine.QuietAsync();
            clock.Restart();
            await engine.ScaleAsync(service, want);
            await engine.RunningAsync(service, want);
            samples.Add(engine, $"scale {have}→{want}, ms", clock.Elapsed.TotalMilliseconds);
            have = want;
        }

        await engine.NoContainersAsync();
        samples.Add(engine, "scale 60→0 until all containers are gone, ms", clock.Elapsed.TotalMilliseconds);
        await engine.RemoveAsync(service);
    }
}
