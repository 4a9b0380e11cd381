using Skein.Agent.Containers;

namespace Skein.Api.Engine;

/// <summary>Container events, with the attributes that Docker gives them: image, name and every label.</summary>
internal sealed class ContainerEvents(IContainerEngine containers, EventHub hub)
{
    public async Task RunAsync(CancellationToken cancel)
    {
        await foreach (var happened in containers.Subscribe(cancel).ReadAllAsync(cancel))
        {
            var attributes = new Dictionary<string, string>(happened.Container.Definition.Labels)
            {
                ["image"] = happened.Container.Definition.Spec.Image,
                ["name"] = happened.Container.Name,
            };
            foreach (var (key, value) in happened.Attributes) attributes[key] = value;
            hub.Publish(new EngineEvent(happened.Time, "container", happened.Action, happened.Container.Id, "local", attributes));
        }
    }
}
