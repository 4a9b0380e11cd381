using System.Text.Json;
using System.Text.Json.Serialization;

namespace Skein.Api.Volumes;

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, PropertyNameCaseInsensitive = true)]
[JsonSerializable(typeof(VolumeListJson))]
[JsonSerializable(typeof(VolumeJson))]
[JsonSerializable(typeof(VolumeCreateJson))]
[JsonSerializable(typeof(VolumePruneJson))]
internal sealed partial class VolumesJson : JsonSerializerContext;

internal sealed record VolumeListJson(IReadOnlyList<VolumeJson> Volumes, [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string[]? Warnings);

internal sealed record VolumeCreateJson(
    string? Name, string? Driver, Dictionary<string, string>? DriverOpts, Dictionary<string, string>? Labels, JsonElement? ClusterVolumeSpec);

internal sealed record VolumePruneJson(IReadOnlyList<string> VolumesDeleted, long SpaceReclaimed);
