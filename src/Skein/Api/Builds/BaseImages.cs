using Google.Protobuf.Collections;
using Skein.Agent.Images;

namespace Skein.Api.Builds;

/// <summary>
/// What FROM can mean on this host: the images that are here, before any registry's, as with dockerd, whose BuildKit looks into its own store.
/// BuildKit beside us is told of each as a named context, which it reads over the client's session (since 0.11).
/// </summary>
internal static class BaseImages
{
    /// <summary>By which BuildKit says whose content it asks for, as it names a layout of that name.</summary>
    public const string StoreId = "oci:" + Store;

    private const string Store = "skein";
    private const string Dockerfile = "dockerfile.v0";
    private const string Gateway = "gateway.v0";   // a frontend in an image, which `# syntax=` names
    private const string ResolveMode = "image-resolve-mode";

    /// <summary>Whether a build asks for base images, and not for those of the registries alone (--pull).</summary>
    public static bool AreWanted(string frontend, MapField<string, string> options) =>
        frontend is Dockerfile or Gateway && options.GetValueOrDefault(ResolveMode) != "pull";

    /// <summary>What the client named itself stays.</summary>
    public static void Offer(MapField<string, string> options, IEnumerable<NamedManifest> manifests)
    {
        foreach (var manifest in manifests)
        {
            var name = $"context:{(manifest.Name.EndsWith(":latest", StringComparison.Ordinal) ? manifest.Name[..^":latest".Length] : manifest.Name)}";
            if (!options.ContainsKey(name)) options.TryAdd($"{name}::{manifest.Platform}", $"oci-layout://{Store}@{manifest.Digest}");
        }
    }
}
