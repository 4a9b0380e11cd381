using System.Text.Json;
using System.Text.Json.Serialization;
using Skein.Agent.Images.Registry;
using Skein.Model;

namespace Skein.Agent.Images.Content;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    AllowDuplicateProperties = true)]
[JsonSerializable(typeof(OciManifest))]
[JsonSerializable(typeof(OciImageConfig))]
[JsonSerializable(typeof(List<SavedImage>))]
[JsonSerializable(typeof(RegistryErrors))]
[JsonSerializable(typeof(RegistryToken))]
[JsonSerializable(typeof(RegistryTags))]
internal sealed partial class ImageJson : JsonSerializerContext
{
    /// <summary>Docker's: a mount of more is not to be had. Each takes a snapshot, and a directory in the mount's options.</summary>
    private const int MostLayers = 128;

    // Each is looked for whenever the index gets a name; real ones have a few dozen.
    private const int MostManifests = 1024;

    // Each becomes a folder, a record and a mount of every container; real ones have a handful.
    private const int MostVolumes = 1024;

    public static OciManifest ReadManifest(ReadOnlySpan<byte> json, string name) =>
        Read(json, Default.OciManifest, name) is { } manifest && (manifest.IsIndex ? IsWhole(manifest.Manifests) : manifest.Config is not null && IsWhole(manifest.Layers))
            ? Bounded(manifest, name)
            : throw SkeinException.Invalid($"{name}: neither an image manifest nor an index");

    private static OciManifest Bounded(OciManifest manifest, string name)
    {
        if (manifest.Layers?.Count > MostLayers) throw SkeinException.Invalid($"{name}: max depth exceeded: {manifest.Layers.Count} layers");
        if (manifest.Manifests?.Count > MostManifests) throw SkeinException.Invalid($"{name}: an index of {manifest.Manifests.Count} manifests");
        var parts = (manifest.Layers ?? []).Concat(manifest.Manifests ?? []).Append(manifest.Config ?? new());
        return parts.All(part => part.Size >= 0) ? manifest : throw SkeinException.Invalid($"{name}: a part of less than no bytes");
    }

    public static OciImageConfig ReadConfig(ReadOnlySpan<byte> json, string name)
    {
        var config = Read(json, Default.OciImageConfig, name);
        if (config.RootFs?.DiffIds is { } layers && !IsWhole(layers)) throw SkeinException.Invalid($"{name}: a layer without an id");
        if (config.Config?.Volumes?.Count > MostVolumes) throw SkeinException.Invalid($"{name}: an image of {config.Config.Volumes.Count} volumes");
        return config with { Config = config.Config?.WithoutNulls(), History = config.History?.ConvertAll(step => step ?? new()) };
    }

    public static List<SavedImage> ReadSaved(ReadOnlySpan<byte> json) =>
        Read(json, Default.ListSavedImage, "manifest.json") is var saved && saved.All(image => image is { Config: not null } && IsWhole(image.RepoTags ?? []) && IsWhole(image.Layers ?? []))
            ? saved
            : throw SkeinException.Invalid("invalid manifest, manifest cannot be null (but can be [])");

    public static byte[] Write(List<SavedImage> saved) => JsonSerializer.SerializeToUtf8Bytes(saved, Default.ListSavedImage);

    public static byte[] Write(OciImageConfig config) => JsonSerializer.SerializeToUtf8Bytes(config, Default.OciImageConfig);

    public static byte[] Write(OciManifest manifest) => JsonSerializer.SerializeToUtf8Bytes(manifest, Default.OciManifest);

    // Its types say that it holds no null; JSON does not.
    private static bool IsWhole<T>(List<T>? list) => list is not null && list.TrueForAll(item => item is not null);

    private static T Read<T>(ReadOnlySpan<byte> json, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type, string name)
    {
        try
        {
            return JsonSerializer.Deserialize(json, type) ?? throw SkeinException.Invalid($"{name}: empty document");
        }
        catch (JsonException error)
        {
            throw new SkeinException(ErrorKind.InvalidArgument, $"{name}: {error.Message}", error);
        }
    }
}
