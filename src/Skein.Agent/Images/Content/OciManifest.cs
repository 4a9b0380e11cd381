using System.Text.Json.Serialization;

namespace Skein.Agent.Images.Content;

/// <summary>
/// An image manifest or an index of them, OCI's or Docker's: the two are told apart by what they hold, since a
/// media type inside the document is optional in OCI.
/// </summary>
internal sealed record OciManifest
{
    public int SchemaVersion { get; init; }

    public string? MediaType { get; init; }

    public OciDescriptor? Config { get; init; }

    public List<OciDescriptor>? Layers { get; init; }

    public List<OciDescriptor>? Manifests { get; init; }

    [JsonIgnore]
    public bool IsIndex => Manifests is not null && Config is null;
}
