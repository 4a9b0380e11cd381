using System.Text.Json.Serialization;

namespace Skein.Agent.Containers.Devices;

/// <summary>A file of the Container Device Interface, version 0.x and 1.x: what has to be done to a container for each device of a kind.</summary>
internal sealed record CdiDocument(string? CdiVersion, string? Kind, CdiEdits? ContainerEdits, IReadOnlyList<CdiDevice>? Devices);

internal sealed record CdiDevice(string? Name, CdiEdits? ContainerEdits);

internal sealed record CdiEdits
{
    public IReadOnlyList<string>? Env { get; init; }
    public IReadOnlyList<CdiNode>? DeviceNodes { get; init; }
    public IReadOnlyList<CdiMount>? Mounts { get; init; }
    public IReadOnlyList<CdiHook>? Hooks { get; init; }
    public IReadOnlyList<uint>? AdditionalGids { get; init; }

    /// <summary>What else an edit asks for, which nothing here does.</summary>
    [JsonExtensionData]
    public Dictionary<string, System.Text.Json.JsonElement>? Others { get; set; }
}

/// <param name="HostPath">Where the device is on the host, if elsewhere.</param>
/// <param name="Type">b, c, or u, which is c; with a major number nothing is asked of the host.</param>
/// <param name="FileMode">Permission bits in the container; the host's when there is none, as its owner.</param>
internal sealed record CdiNode(
    string? Path, string? HostPath, string? Permissions, string? Type = null, long? Major = null, long? Minor = null, uint? FileMode = null, uint? Uid = null, uint? Gid = null)
{
    /// <summary>What else it asks for, which nothing here does.</summary>
    [JsonExtensionData]
    public Dictionary<string, System.Text.Json.JsonElement>? Others { get; set; }
}

internal sealed record CdiMount(string? HostPath, string? ContainerPath, IReadOnlyList<string>? Options, string? Type);

/// <param name="Timeout">Seconds.</param>
internal sealed record CdiHook(string? HookName, string? Path, IReadOnlyList<string>? Args, IReadOnlyList<string>? Env, int? Timeout);

// What comes from YAML has its numbers as texts.
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, NumberHandling = JsonNumberHandling.AllowReadingFromString)]
[JsonSerializable(typeof(CdiDocument))]
internal sealed partial class CdiJson : JsonSerializerContext;
