namespace Skein.Agent.Images.Content;

/// <summary>What goes to a registry.</summary>
/// <param name="Documents">Manifests and the index, each after those that it refers to: a registry takes no other order.</param>
/// <param name="Blobs">Configs and layers, each once.</param>
internal sealed record PushPlan(IReadOnlyList<PushedDocument> Documents, IReadOnlyList<OciDescriptor> Blobs)
{
    public OciDescriptor Target => Documents[^1].Descriptor;
}
