using Skein.Api.Containers;
using Skein.Api.Images;

namespace Skein.Api.Engine;

/// <summary>GET /system/df</summary>
internal sealed record DiskUsageJson(
    long LayersSize,
    IReadOnlyList<ImageSummaryJson> Images,
    IReadOnlyList<ContainerSummaryJson> Containers,
    IReadOnlyList<string> Volumes,
    IReadOnlyList<string> BuildCache);
