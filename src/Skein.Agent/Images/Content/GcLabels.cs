using Skein.Agent.Containerd;

namespace Skein.Agent.Images.Content;

/// <summary>
/// What keeps what alive in containerd: image → manifest or index → config and layers, config → the unpacked chain.
/// </summary>
internal static class GcLabels
{
    public static readonly IReadOnlyDictionary<string, string> None = new Dictionary<string, string>();

    /// <summary>By the digest: others of the index may be here already, or come later.</summary>
    public static IReadOnlyDictionary<string, string> OfIndex(OciDescriptor chosen) => new Dictionary<string, string>
    {
        [$"containerd.io/gc.ref.content.m.{chosen.Short}"] = chosen.Digest,
    };

    public static IReadOnlyDictionary<string, string> OfManifest(OciManifest manifest)
    {
        var labels = new Dictionary<string, string> { ["containerd.io/gc.ref.content.config"] = manifest.Config!.Digest };
        for (var i = 0; i < manifest.Layers!.Count; i++) labels[$"containerd.io/gc.ref.content.l.{i}"] = manifest.Layers[i].Digest;
        return labels;
    }

    public static IReadOnlyDictionary<string, string> OfConfig(string chain) => chain.Length == 0
        ? None
        : new Dictionary<string, string> { [$"containerd.io/gc.ref.snapshot.{ContainerdClient.Snapshotter}"] = chain };
}
