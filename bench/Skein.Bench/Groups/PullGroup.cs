namespace Skein.Bench.Groups;

/// <summary>An image of four layers from a registry of the host's own.</summary>
internal static class PullGroup
{
    public static async Task RunAsync(Engine engine, Samples samples)
    {
        var docker = engine.Cli(1);
        await using var registry = await LocalRegistry.StartAsync(engine);
        await Machine.QuietAsync();
        samples.Add(engine, $"docker pull of {LocalRegistry.Megabytes} MB in {LocalRegistry.Layers} layers, ms", await docker.TimeAsync("pull", "--quiet", LocalRegistry.Image));
        await docker.RunAsync("rmi", LocalRegistry.Image);
    }
}
