using System.Text.Json.Serialization;
using Skein.Api.Containers;
using Skein.Api.Images;
using Skein.Api.Volumes;

namespace Skein.Api.Engine;

/// <summary>GET /system/df; null is what was not asked for.</summary>
internal sealed record DiskUsageJson(
    long LayersSize,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] IReadOnlyList<ImageSummaryJson>? Images,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] IReadOnlyList<ContainerSummaryJson>? Containers,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] IReadOnlyList<VolumeJson>? Volumes,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] IReadOnlyList<string>? BuildCache);
