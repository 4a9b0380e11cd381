using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Skein.Bench.Groups;

internal static class DataGroup
{
    public static async Task RunAsync(Engine engine, Samples samples)
    {
        var service = await engine.CreateAsync("d", null);
        await engine.RunningAsync(service, Engine.Hosts);
        var client = (await engine.ContainersAsync(2)).Single();
        var server = (await engine.ContainersAsync(3)).Single();
        var address = (string)(await engine.Host(3).GetAsync($"containers/{server}/json"))!["NetworkSettings"]!["Networks"]!["ov"]!["IPAddress"]!;

        foreach (var (path, to, from, target) in (IEnumerable<(string, string[], string[], string)>)
            [
                ("containers on two hosts", await engine.InNetworkOfAsync(3, server), await engine.InNetworkOfAsync(2, client), address),
                ("the hosts themselves", [], [], Engine.Address(3)),
            ])
        {
            var tcp = await MeasureAsync(engine, to, from, target, ["-O", "1"]);
            samples.Add(engine, $"TCP, one stream, {path}, Gbit/s", (double)tcp["sum_received"]!["bits_per_second"]! / 1e9);
            var udp = (await MeasureAsync(engine, to, from, target, ["-u", "-b", "0", "-l", "64"]))["sum"]!;
            samples.Add(engine, $"UDP of 64 bytes, {path}, kpps", ((double)udp["packets"]! - (double)udp["lost_packets"]!) / (double)udp["seconds"]! / 1000);
        }

        await engine.RemoveAsync(service);
    }

    private static async Task<JsonNode> MeasureAsync(Engine engine, string[] to, string[] from, string target, string[] options)
    {
        await Machine.QuietAsync();
        using var server = engine.Inside(3, [.. to, "iperf3", "-s", "-1"]);
        try
        {
            await engine.UntilAsync("iperf3 listens", async () =>
                (await engine.InsideAsync(3, [.. to, "ss", "-Hltn", "sport = :5201"])).Length > 0, seconds: 10);
            var result = await engine.InsideAsync(2, [.. from, "iperf3", "-c", target, "-t", "4", "-J", .. options]);
            return JsonNode.Parse(result)!["end"]!;
        }
        finally
        {
            if (!server.HasExited)
                server.Kill(entireProcessTree: true);
        }
    }
}
