using Skein.Agent.Containers.Volumes;

namespace Skein.Api.Engine;

/// <summary>Volumes that come and go; what containers mount of them, see <see cref="ContainerEvents"/>.</summary>
internal sealed class VolumeEvents(IVolumes volumes, EventHub hub)
{
    public async Task RunAsync(CancellationToken cancel)
    {
        await foreach (var happened in volumes.Subscribe(cancel).ReadAllAsync(cancel))
            hub.Publish(new EngineEvent(happened.Time, "volume", happened.Action, happened.Name, "local", new Dictionary<string, string> { ["driver"] = "local" }));
    }
}
