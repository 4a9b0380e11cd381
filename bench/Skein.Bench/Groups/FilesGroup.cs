namespace Skein.Bench.Groups;

/// <summary>Bytes through the daemon: into a container, out of it, and what it printed.</summary>
internal static class FilesGroup
{
    private const int Megabytes = 200;
    private const int Lines = 1_000_000;

    public static async Task RunAsync(Engine engine, Samples samples)
    {
        var docker = engine.Cli(1);
        var folder = Directory.CreateTempSubdirectory("skein-bench-");
        try
        {
            var file = Path.Combine(folder.FullName, "file");
            await Payload.WriteAsync(file, Megabytes, seed: 1);
            await docker.RunAsync("create", "--name", "files", "busybox", "sh", "-c", $"yes 'a line as programs print them, of some sixty letters or so' | head -n {Lines}");
            await Machine.QuietAsync();
            samples.Add(engine, $"docker cp of {Megabytes} MB into a container, ms", await docker.TimeAsync("cp", file, "files:/file"));
            samples.Add(engine, $"docker cp of {Megabytes} MB out of it, ms", await docker.TimeAsync("cp", "files:/file", Path.Combine(folder.FullName, "back")));
            await docker.RunAsync("start", "files");
            await docker.RunAsync("wait", "files");
            samples.Add(engine, "docker logs of a million lines, ms", await docker.TimeAsync("logs", "files"));
            samples.Add(engine, "docker run that prints a million lines, ms", await docker.TimeAsync("run", "--rm", "busybox", "sh", "-c", $"yes 'a line as programs print them, of some sixty letters or so' | head -n {Lines}"));
            await docker.RunAsync("rm", "files");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
