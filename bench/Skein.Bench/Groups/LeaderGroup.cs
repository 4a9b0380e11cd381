using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Skein.Bench.Groups;

internal static class LeaderGroup
{
    public static async Task RunAsync(Engine engine, Samples samples)
    {
        var leader = await LeaderAsync(engine);
        engine.Manager = leader == 1 ? 2 : 1;
        var service = await engine.CreateAsync("f", 6);
        await engine.RunningAsync(service, 6);
        var lost = await engine.NodeIdAsync(leader);
        await Machine.QuietAsync();

        var clock = Stopwatch.StartNew();
        await engine.LabAsync("kill", $"h{leader}");
        await engine.UntilAsync("a write is accepted", () => WriteAsync(engine));
        samples.Add(engine, "leader's power gone until the next write, ms", clock.Elapsed.TotalMilliseconds);
        await engine.UntilAsync("six tasks run on the hosts that are left", () => ElsewhereAsync(engine, service, lost));
        samples.Add(engine, "leader's power gone until its tasks run elsewhere, ms", clock.Elapsed.TotalMilliseconds);

        await engine.LabAsync("start", $"h{leader}");
        await engine.ReadyAsync(leader, asManager: true);
        foreach (var written in (await engine.Api.GetAsync("services?filters={\"name\":{\"write-\":true}}"))!.AsArray())
            await engine.Api.DeleteAsync($"services/{(string)written!["ID"]!}");
        await engine.RemoveAsync(service);
    }

    private static async Task<int> LeaderAsync(Engine engine)
    {
        var node = (await engine.Api.GetAsync("nodes"))!.AsArray().First(n => (bool?)n!["ManagerStatus"]?["Leader"] == true);
        return ((string)node!["Description"]!["Hostname"]!)[1] - '0';
    }

    private static async Task<bool> WriteAsync(Engine engine)
    {
        using var api = engine.Impatient(engine.Manager);
        try
        {
            // A service of no tasks is a write and nothing else.
            await api.PostAsync("services/create", new JsonObject
            {
                ["Name"] = $"write-{Stopwatch.GetTimestamp()}",
                ["TaskTemplate"] = new JsonObject { ["ContainerSpec"] = new JsonObject { ["Image"] = "busybox" } },
                ["Mode"] = new JsonObject { ["Replicated"] = new JsonObject { ["Replicas"] = 0 } },
            });
            return true;
        }
        catch (Exception e) when (e is InvalidOperationException or HttpRequestException or OperationCanceledException)
        {
            return false;
        }
    }

    private static async Task<bool> ElsewhereAsync(Engine engine, string service, string? lost)
    {
        using var api = engine.Impatient(engine.Manager);
        try
        {
            return (await engine.TasksAsync(service, api)).Count(t => (string?)t["Status"]!["State"] == "running" && (string?)t["NodeID"] != lost) == 6;
        }
        catch (Exception e) when (e is InvalidOperationException or HttpRequestException or OperationCanceledException)
        {
            return false;
        }
    }
}
