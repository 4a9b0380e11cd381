using System.Text.RegularExpressions;
using Google.Protobuf.Collections;
using Skein.Agent.Images;
using Skein.Api.Builds.Protocol;

namespace Skein.Api.Builds;

/// <summary>
/// What FROM can mean on this host: the images that are here, before any registry's, as with dockerd, whose BuildKit looks into its own store.
/// BuildKit beside us is told of each as a named context, which it reads over the client's session (since 0.11).
/// </summary>
internal static partial class BaseImages
{
    /// <summary>By which BuildKit says whose content it asks for, as it names a layout of that name.</summary>
    public const string StoreId = "oci:" + Store;

    private const string Store = "skein";
    private const string Dockerfile = "dockerfile.v0";
    private const string Gateway = "gateway.v0";   // a frontend in an image, which `# syntax=` names
    private const string ResolveMode = "image-resolve-mode";
    private const string Provenance = "attest:provenance";

    /// <summary>Whether a build asks for base images, and not for those of the registries alone (--pull).</summary>
    public static bool AreWanted(string frontend, MapField<string, string> options) =>
        frontend is Dockerfile or Gateway && options.GetValueOrDefault(ResolveMode) != "pull";

    /// <summary>
    /// A provenance, which buildx asks for unasked, tells a build's options to whoever gets the image: there the tags of this host have no place. It does
    /// not stay with an image that stays here.
    /// </summary>
    public static bool WouldBeTold(SolveRequest request) => request.FrontendAttrs.ContainsKey(Provenance) && !SolveExports.AreForHost(request);

    /// <summary>
    /// What the client named itself stays. A context stands for a stage of its name as well (`FROM golang AS app`), and before it: what could be a
    /// stage's name, a single word without a tag, is left to the registries.
    /// </summary>
    public static void Offer(MapField<string, string> options, IEnumerable<NamedManifest> manifests)
    {
        foreach (var manifest in manifests)
        {
            var name = manifest.Name.EndsWith(":latest", StringComparison.Ordinal) ? manifest.Name[..^":latest".Length] : manifest.Name;
            if (StageName().IsMatch(name) || options.ContainsKey($"context:{name}")) continue;
            options.TryAdd($"context:{name}::{Normalized(manifest.Platform)}", $"oci-layout://{Store}@{manifest.Digest}");
        }
    }

    /// <summary>As containerd's platforms.Normalize has it, by which BuildKit names them.</summary>
    private static ImagePlatform Normalized(ImagePlatform platform) => (platform.Architecture, platform.Variant) switch
    {
        ("arm64", "v8" or "8") or ("amd64", "v1") => platform with { Variant = "" },
        ("arm", "" or "7") => platform with { Variant = "v7" },
        _ => platform,
    };

    // BuildKit's parser of Dockerfiles.
    [GeneratedRegex(@"^[a-z][a-z0-9-_.]*\z", RegexOptions.CultureInvariant)]
    private static partial Regex StageName();
}
