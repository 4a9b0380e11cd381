using System.Text.Json.Serialization;
using Skein.Agent.Images;

namespace Skein.Api.Images;

/// <summary>The "aux" of a line of a push's answer: Docker's PushResult, or since 28 its ManifestPushedInsteadOfIndex.</summary>
internal sealed record PushNoteJson
{
    [JsonPropertyName("Tag")]
    public string? Tag { get; init; }

    [JsonPropertyName("Digest")]
    public string? Digest { get; init; }

    [JsonPropertyName("Size")]
    public long? Size { get; init; }

    [JsonPropertyName("manifestPushedInsteadOfIndex")]
    public bool? ManifestPushedInsteadOfIndex { get; init; }

    [JsonPropertyName("originalIndex")]
    public DescriptorJson? OriginalIndex { get; init; }

    [JsonPropertyName("selectedManifest")]
    public DescriptorJson? SelectedManifest { get; init; }

    public static PushNoteJson? From(PushNote? note) => note switch
    {
        PushNote.Pushed pushed => new() { Tag = pushed.Tag, Digest = pushed.Digest, Size = pushed.Size },
        PushNote.ManifestInsteadOfIndex instead => new()
        {
            ManifestPushedInsteadOfIndex = true,
            OriginalIndex = DescriptorJson.From(instead.Index),
            SelectedManifest = DescriptorJson.From(instead.Manifest),
        },
        _ => null,
    };
}
