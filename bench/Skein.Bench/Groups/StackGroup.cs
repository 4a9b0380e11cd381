using System.Diagnostics;

namespace Skein.Bench.Groups;

/// <summary>A stack of ten services on two networks, by the stock CLI, until all of it runs; and its removal, until nothing is left.</summary>
internal static class StackGroup
{
    private const int Services = 10;
    private const string Stack = "pile";

    public static async Task RunAsync(Engine engine, Samples samples)
    {
        var file = Path.Combine(Path.GetTempPath(), $"skein-bench-{Environment.ProcessId}.yml");
        await File.WriteAllTextAsync(file, Compose());
        try
        {
            await Machine.QuietAsync();
            var clock = Stopwatch.StartNew();
            await DockerAsync(engine, "stack", "deploy", "--detach=true", "-c", file, Stack);
            samples.Add(engine, "stack deploy of ten services on two networks: the command, ms", clock.Elapsed.TotalMilliseconds);
            await engine.UntilAsync("all of the stack run", () => AllRunAsync(engine));
            samples.Add(engine, "stack deploy of ten services on two networks until all run, ms", clock.Elapsed.TotalMilliseconds);

            await Machine.QuietAsync();
            clock.Restart();
            await DockerAsync(engine, "stack", "rm", Stack);
            await engine.NoContainersAsync();
            await engine.UntilAsync("the stack's networks are gone", async () => (await engine.Api.GetAsync($"networks?{Filter}"))!.AsArray().Count == 0);
            samples.Add(engine, "stack rm until all is gone, ms", clock.Elapsed.TotalMilliseconds);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static string Filter => EngineApi.Filters($$$"""{"label":{"com.docker.stack.namespace={{{Stack}}}":true}}""");

    private static async Task<bool> AllRunAsync(Engine engine)
    {
        var services = (await engine.Api.GetAsync($"services?status=true&{Filter}"))!.AsArray();
        return services.Count == Services && services.All(s => (int)s!["ServiceStatus"]!["RunningTasks"]! == 1);
    }

    private static Task DockerAsync(Engine engine, params string[] arguments) => ExternalProgram.RunAsync("docker", ["-H", "unix://" + engine.Socket(1), .. arguments]);

    // The odd ones on both networks. A virtual address needs IPVS of Docker Swarm; by turns of DNS works everywhere.
    private static string Compose()
    {
        var services = Enumerable.Range(1, Services).Select(i => $$"""
              s{{i}}:
                image: busybox:latest
                command: [ "sh", "-c", "trap 'exit 0' TERM; sleep 1000000 & wait" ]
                networks: {{(i % 2 == 1 ? "[ front, back ]" : "[ back ]")}}
                deploy: { endpoint_mode: dnsrr, restart_policy: { condition: any, delay: 0s } }
            """);
        return $"version: \"3.8\"\nservices:\n{string.Join('\n', services)}\nnetworks: {{ front: , back: }}\n";
    }
}
