using Skein.Model;

namespace Skein.Agent.Images.Content;

/// <summary>
/// What of an image is to be pushed. An index goes whole if all of it is here, or at the registry already; else the image of it that is
/// here goes alone, as Docker has it since 28.
/// </summary>
/// <param name="find">A document that is here; null when it is not.</param>
/// <param name="isHere">Whether a blob is.</param>
/// <param name="isThere">Whether the registry has a manifest.</param>
internal sealed class PushPlanner(
    Func<OciDescriptor, Task<byte[]?>> find, Func<OciDescriptor, Task<bool>> isHere, Func<OciDescriptor, Task<bool>> isThere)
{
    // An index of indexes is the most that anybody makes.
    private const int DepthMax = 3;

    /// <summary>null when a part of it is missing.</summary>
    public async Task<PushPlan?> TryPlanAsync(OciDescriptor target)
    {
        var documents = new List<PushedDocument>();
        var blobs = new OrderedDictionary<string, OciDescriptor>(StringComparer.Ordinal);
        return await TryAddAsync(target, documents, blobs, 0) && documents.Count > 0 ? new PushPlan(documents, [.. blobs.Values]) : null;
    }

    /// <summary>The image of an index that goes alone: the platform's, or else the host's, or else the only one that is here.</summary>
    /// <exception cref="SkeinException">There is none, or several.</exception>
    public async Task<PushPlan> PlanOneAsync(OciDescriptor index, ImagePlatform? platform, string name)
    {
        var here = new List<(OciPlatform? Platform, PushPlan Plan)>();
        var bytes = await find(index) ?? throw SkeinException.NotFound($"content {index.Digest} is not here");
        var top = ImageJson.ReadManifest(bytes, name);
        foreach (var child in top.IsIndex ? top.Manifests!.Where(child => !child.IsAttestation) : [index])
        {
            if (await find(child) is null || await TryPlanAsync(child) is not { } plan) continue;
            here.Add((child.Platform ?? await PlatformOfAsync(plan), plan));
        }
        var wanted = platform is null ? here : [.. here.Where(entry => PlatformChoice.IsSame(entry.Platform, platform))];
        if (wanted.Count == 0)
            throw SkeinException.NotFound($"image with reference {name} was found but does not provide {(platform is null ? "any platform" : $"the specified platform ({platform})")}");
        if (wanted.Count == 1) return wanted[0].Plan;
        if (platform is not null) throw SkeinException.Conflict($"multiple manifests found for platform {platform}");
        return here.FirstOrDefault(entry => entry.Platform is { } of && PlatformChoice.Runs(of)).Plan
            ?? throw SkeinException.Conflict("multiple matching manifests found but no specific platform requested");
    }

    private async Task<bool> TryAddAsync(OciDescriptor target, List<PushedDocument> documents, OrderedDictionary<string, OciDescriptor> blobs, int depth)
    {
        if (depth > DepthMax) return false;
        if (documents.Exists(known => known.Descriptor.Digest == target.Digest)) return true;
        if (await find(target) is not { } bytes) return depth > 0 && await isThere(target);
        var manifest = ImageJson.ReadManifest(bytes, target.Digest);
        foreach (var child in manifest.Manifests ?? [])
        {
            if (!await TryAddAsync(child, documents, blobs, depth + 1)) return false;
        }
        foreach (var blob in manifest.IsIndex ? [] : manifest.Layers!.Prepend(manifest.Config!))
        {
            if (blobs.ContainsKey(blob.Digest)) continue;
            if (!await isHere(blob)) return false;
            blobs[blob.Digest] = blob;
        }
        documents.Add(new PushedDocument(target, bytes));
        return true;
    }

    private async Task<OciPlatform?> PlatformOfAsync(PushPlan plan)
    {
        var manifest = ImageJson.ReadManifest(plan.Documents[^1].Bytes, plan.Target.Digest);
        if (manifest.Config is not { } described || await find(described) is not { } bytes) return null;
        var config = ImageJson.ReadConfig(bytes, described.Digest);
        return new OciPlatform { Os = config.Os, Architecture = config.Architecture, Variant = config.Variant };
    }
}
