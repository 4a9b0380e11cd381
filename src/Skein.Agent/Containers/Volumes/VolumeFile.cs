using System.Text.Json;
using System.Text.Json.Serialization;
using Skein.Linux.Files;
using Skein.Model;

namespace Skein.Agent.Containers.Volumes;

/// <summary>What is to be known of a volume, beside its data. Its name is its folder's, and its users the containers' records tell.</summary>
internal sealed record VolumeFile(DateTimeOffset Created, IReadOnlyDictionary<string, string>? Options, IReadOnlyDictionary<string, string>? Labels)
{
    private const string FileName = "volume.json";
    private const long BytesMax = 4 << 20;

    /// <param name="durable">Waits for the disk: a container's own volume goes with it, and no container outlives a power cut.</param>
    public static void Write(string folder, VolumeRecord volume, bool durable) => WholeFile.Write(
        Path.Combine(folder, FileName),
        JsonSerializer.SerializeToUtf8Bytes(new(volume.Created, volume.Options, volume.Labels), VolumeJson.Default.VolumeFile),
        UnixFileMode.UserRead | UnixFileMode.UserWrite,
        durable);

    /// <summary>
    /// A folder without the file, made by hand or by an earlier release, or with one that a power cut has emptied, is a volume all the same: it
    /// has data. A container that has all volumes (docs/decisions/0013) may have put anything in the file's place: the daemon starts with it.
    /// </summary>
    public static VolumeRecord Read(string folder)
    {
        var name = Path.GetFileName(folder);
        try
        {
            using var found = RootedEntry.Open(folder, FileName);
            if (found is { IsPlain: true, Size: <= BytesMax } && JsonSerializer.Deserialize(File.ReadAllBytes(found.Path), VolumeJson.Default.VolumeFile) is { } file)
                return new(name, file.Created, file.Options, file.Labels);
        }
        catch (Exception error) when (error is JsonException or IOException or UnauthorizedAccessException)
        {
            // See above.
        }
        var labels = IsGenerated(name) ? new Dictionary<string, string> { [VolumeRecord.AnonymousLabel] = "" } : null;
        return new(name, Directory.GetCreationTimeUtc(folder), null, labels);
    }

    private static bool IsGenerated(string name) => name.Length == 64 && name.All(char.IsAsciiHexDigitLower);
}

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(VolumeFile))]
internal sealed partial class VolumeJson : JsonSerializerContext;
