using System.Diagnostics;

namespace Skein.Bench.Groups;

/// <summary>What one user waits for at one host.</summary>
internal static class RunGroup
{
    private const int AtOnce = 10;

    public static async Task RunAsync(Engine engine, Samples samples)
    {
        var docker = engine.Cli(1);
        await docker.RunAsync("run", "--rm", "busybox", "true");   // which pulls, the first time
        await Machine.QuietAsync();
        foreach (var (network, title) in (IEnumerable<(string, string)>)[("none", "no network"), ("bridge", "the default bridge"), ("ov", "an overlay")])
        {
            await engine.AttemptAsync($"run on {network}", samples, $"docker run --rm busybox true, {title}, ms", () =>
                docker.TimeAsync("run", "--rm", "--network", network, "busybox", "true"));
        }

        var clock = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(_ => docker.TimeAsync("run", "--rm", "busybox", "true")));
        samples.Add(engine, "ten of them at once, the default bridge, ms", clock.Elapsed.TotalMilliseconds);

        await docker.RunAsync("create", "--name", "again", "busybox", "true");
        samples.Add(engine, "docker start of a container that was made, ms", await docker.TimeAsync("start", "again"));
        await docker.RunAsync("wait", "again");
        samples.Add(engine, "docker start of one that had run, ms", await docker.TimeAsync("start", "again"));
        await docker.RunAsync("wait", "again");
        samples.Add(engine, "docker rm, ms", await docker.TimeAsync("rm", "again"));

        await docker.RunAsync("run", "--detach", "--name", "up", "busybox", "sh", "-c", "trap 'exit 0' TERM; sleep 1000000 & wait");
        samples.Add(engine, "docker exec true, ms", await docker.TimeAsync("exec", "up", "true"));
        samples.Add(engine, "docker stop of one that ends at once, ms", await docker.TimeAsync("stop", "up"));
        await docker.RunAsync("rm", "up");
    }
}
