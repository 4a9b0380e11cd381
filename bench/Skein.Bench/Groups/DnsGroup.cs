using System.Globalization;

namespace Skein.Bench.Groups;

internal static class DnsGroup
{
    public static async Task RunAsync(Engine engine, Samples samples)
    {
        var probe = await engine.CreateAsync("probe", 1, "node.hostname==h2");
        await engine.RunningAsync(probe, 1);
        var container = (await engine.ContainersAsync(2)).Single();
        var self = Path.ChangeExtension(typeof(DnsGroup).Assembly.Location, null);
        using var poller = engine.Inside(2, await engine.InNetworkOfAsync(2, container, self, "poll-dns", "tasks.seen"));
        try
        {
            await poller.StandardOutput.ReadLineAsync();    // "… 0": it asks, and the name does not exist
            await Machine.QuietAsync();
            var start = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
            var service = await engine.CreateAsync("seen", 1, "node.hostname==h3");
            var line = await poller.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(30));
            samples.Add(engine, "create until another host resolves it, ms", long.Parse(line!.Split(' ')[0], CultureInfo.InvariantCulture) - start);
            await engine.Api.DeleteAsync($"services/{service}");
        }
        finally
        {
            poller.Kill(entireProcessTree: true);
        }

        await engine.RemoveAsync(probe);
    }
}
