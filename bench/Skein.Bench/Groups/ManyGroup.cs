using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Skein.Bench.Groups;

/// <summary>What the daemon holds with a hundred containers, and what a thousand that came and went leave behind.</summary>
internal static class ManyGroup
{
    private const int Kept = 100;
    private const int Passing = 1000;
    private const int AtOnce = 4;

    public static async Task RunAsync(Engine engine, Samples samples)
    {
        await engine.Cli(1).RunAsync("run", "--rm", "busybox", "true");
        await MemoryGroup.RestAsync();
        var before = await MemoryGroup.ResidentAsync(engine, 1);

        var ids = new List<string>();
        for (var i = 0; i < Kept; i++) ids.Add(await StartAsync(engine, "bridge", "sleep", "1000000"));
        await MemoryGroup.RestAsync();
        samples.Add(engine, $"resident at rest, {Kept} containers, MiB", await MemoryGroup.ResidentAsync(engine, 1));
        foreach (var id in ids) await engine.Host(1).DeleteAsync($"containers/{id}?force=1");

        await MemoryGroup.RestAsync();
        var clean = await MemoryGroup.ResidentAsync(engine, 1);
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(async _ =>
        {
            for (var i = 0; i < Passing / AtOnce; i++)
            {
                var id = await StartAsync(engine, "none", "true");
                await engine.Host(1).PostAsync($"containers/{id}/wait");
                await engine.Host(1).DeleteAsync($"containers/{id}");
            }
        }));
        samples.Add(engine, $"{Passing} runs, {AtOnce} at a time, ms each", clock.Elapsed.TotalMilliseconds / Passing);
        await MemoryGroup.RestAsync();
        samples.Add(engine, $"grown at rest by {Passing} runs, MiB", await MemoryGroup.ResidentAsync(engine, 1) - clean);
        Console.Error.WriteLine($"  {engine.Name}: at first {before:0.0} MiB");
    }

    private static async Task<string> StartAsync(Engine engine, string network, params string[] command)
    {
        var made = await engine.Host(1).PostAsync("containers/create", new JsonObject
        {
            ["Image"] = "busybox",
            ["Cmd"] = new JsonArray([.. command.Select(word => (JsonNode)word)]),
            ["HostConfig"] = new JsonObject { ["NetworkMode"] = network },
        });
        var id = (string)made!["Id"]!;
        await engine.Host(1).PostAsync($"containers/{id}/start");
        return id;
    }
}
