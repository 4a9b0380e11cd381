using System.Globalization;

namespace Skein.Bench.Groups;

internal static class MemoryGroup
{
    /// <summary>What a host holds at rest is asked for, not what a burst left behind for a moment.</summary>
    private static readonly TimeSpan s_rest = TimeSpan.FromSeconds(12);

    public static async Task RunAsync(Engine engine, Samples samples)
    {
        await RestAsync();
        samples.Add(engine, "resident, manager without tasks, MiB", await ResidentAsync(engine, 1));
        var service = await engine.CreateAsync("m", 10, "node.hostname==h2");
        await engine.RunningAsync(service, 10);
        await RestAsync();
        samples.Add(engine, "resident, worker with ten tasks, MiB", await ResidentAsync(engine, 2));
        await engine.RemoveAsync(service);
    }

    public static async Task RestAsync()
    {
        await Machine.QuietAsync();
        await Task.Delay(s_rest);
    }

    public static async Task<double> ResidentAsync(Engine engine, int host)
    {
        var kib = await engine.InsideAsync(host, "sh", "-c", $"awk '/^VmRSS/ {{ print $2 }}' /proc/$(pgrep -o -x {engine.Process})/status");
        return double.Parse(kib, CultureInfo.InvariantCulture) / 1024;
    }
}
