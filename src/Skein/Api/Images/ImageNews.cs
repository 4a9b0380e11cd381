using Skein.Agent.Images;
using Skein.Api.Engine;

namespace Skein.Api.Images;

/// <summary>The events of images, each with the labels of its image, as Docker's.</summary>
internal sealed class ImageNews(EventHub events)
{
    /// <summary>A name came, or went, from or to a registry: the event's actor is the name itself.</summary>
    public void TransferDone(string action, ImageReference reference, ImageRecord? image) => Publish(action, reference.Familiar, reference.FamiliarName, image);

    /// <param name="name">For most actions the id again.</param>
    public void Happened(string action, string id, string name, ImageRecord? image) => Publish(action, id, name, image);

    public void Pruned(long reclaimed) => events.PublishPrune("image", reclaimed);

    private void Publish(string action, string actor, string name, ImageRecord? image)
    {
        var attributes = image is null ? [] : new Dictionary<string, string>(image.Config.Labels);
        attributes["name"] = name;
        events.Publish("image", action, actor, "local", attributes);
    }
}
