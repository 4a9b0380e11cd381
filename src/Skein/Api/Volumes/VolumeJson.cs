using System.Globalization;
using System.Text.Json.Serialization;
using Skein.Agent.Containers.Volumes;

namespace Skein.Api.Volumes;

/// <summary>One volume, as `docker volume inspect` shows it.</summary>
internal sealed record VolumeJson(
    string CreatedAt,
    string Driver,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] IReadOnlyDictionary<string, string>? Labels,
    string Mountpoint,
    string Name,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] IReadOnlyDictionary<string, string>? Options,
    string Scope)
{
    public const string DriverName = "local";

    public UsageJson? UsageData { get; init; }

    public static VolumeJson From(VolumeRecord volume, VolumeFolders folders) => new(
        volume.Created.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
        DriverName, volume.Labels, folders.DataOf(volume.Name), volume.Name, volume.Options, "local");

    internal sealed record UsageJson(int RefCount, long Size);
}
