using Skein.Agent.Containers;
using Skein.Agent.Images;
using Skein.Api.Containers;
using Skein.Api.Http;
using Skein.Api.Images;
using Skein.Api.Networks;
using Skein.Api.Volumes;
using Skein.Model;

namespace Skein.Api.Engine;

/// <summary>What lies on this host's disk, and what of it could go.</summary>
internal sealed class DiskUsageRoutes(EngineIdentity identity, IContainerEngine containers, IImageStore images, ContainerLegs networks, TimeProvider time)
{
    private static readonly string[] s_parts = ["container", "image", "volume", "build-cache"];

    public void Map(IEndpointRouteBuilder app) => app.MapGet("/system/df", DiskUsageAsync);

    private async Task DiskUsageAsync(HttpContext context)
    {
        var wanted = PartsOf(context);
        var rows = wanted.Contains("container") || wanted.Contains("image") ? await ContainerSizesAsync(context) : [];
        var all = wanted.Contains("image") ? images.List() : [];
        var sharing = new LayerSharing(all);
        var summaries = all.Select(image => ImageSummaryJson.From(image, context.Version()) with
        {
            Containers = rows.Count(row => row.ImageID == image.Id),
            SharedSize = sharing.SharedBy(image),
        });
        var usage = new DiskUsageJson(
            sharing.Total,
            wanted.Contains("image") ? [.. summaries] : null,
            wanted.Contains("container") ? rows : null,
            wanted.Contains("volume") ? await VolumeSizesAsync(context) : null,
            wanted.Contains("build-cache") ? [] : null);
        await context.JsonAsync(usage, EngineJson.Default.DiskUsageJson);
    }

    /// <summary>What a client asks for by type, which one before 1.42 cannot; else all.</summary>
    private static IReadOnlyCollection<string?> PartsOf(HttpContext context)
    {
        var asked = context.Request.Query["type"];
        if (asked.Count == 0 || context.Version().CompareTo(new(1, 42)) < 0) return s_parts;
        var unknown = asked.FirstOrDefault(part => !s_parts.Contains(part));
        return unknown is null ? asked : throw SkeinException.Invalid($"unknown object type: {unknown}");
    }

    /// <summary>As Docker's, without those that options mount elsewhere.</summary>
    private async Task<List<VolumeJson>> VolumeSizesAsync(HttpContext context)
    {
        var rows = new List<VolumeJson>();
        foreach (var volume in containers.Volumes.List().Where(volume => !volume.IsDevice).OrderBy(volume => volume.Name, StringComparer.Ordinal))
        {
            var size = await containers.Volumes.SizeAsync(volume.Name, context.RequestAborted);
            rows.Add(VolumeJson.From(volume, new(identity.DataRoot)) with { UsageData = new(volume.Users.Count, size) });
        }
        return rows;
    }

    private async Task<List<ContainerSummaryJson>> ContainerSizesAsync(HttpContext context)
    {
        var rows = new List<ContainerSummaryJson>();
        foreach (var container in containers.List())
        {
            var image = images.UsedBy(container);
            var row = ContainerSummaryJson.From(container, networks.Find(container.Id), image, new(identity.DataRoot), time.GetUtcNow());
            rows.Add(await row.WithSizeAsync(containers, image, context.RequestAborted));
        }
        return rows;
    }
}
