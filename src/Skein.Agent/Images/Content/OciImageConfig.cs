using System.Text.Json.Serialization;

namespace Skein.Agent.Images.Content;

/// <summary>The image's config blob; its digest is Docker's image id.</summary>
internal sealed record OciImageConfig
{
    public string? Created { get; init; }

    public string? Author { get; init; }

    public string? Comment { get; init; }

    public string Architecture { get; init => field = value ?? ""; } = "";

    public string? Variant { get; init; }

    public string Os { get; init => field = value ?? ""; } = "";

    [JsonPropertyName("os.version")]
    public string? OsVersion { get; init; }

    public OciRuntimeConfig? Config { get; init; }

    public List<OciHistory>? History { get; init; }

    [JsonPropertyName("rootfs")]
    public OciRootFs? RootFs { get; init; }
}

internal sealed record OciHistory
{
    public string? Created { get; init; }

    [JsonPropertyName("created_by")]
    public string? CreatedBy { get; init; }

    public string? Author { get; init; }

    public string? Comment { get; init; }

    [JsonPropertyName("empty_layer")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool EmptyLayer { get; init; }
}

internal sealed record OciRootFs
{
    public string? Type { get; init; }

    [JsonPropertyName("diff_ids")]
    public List<string>? DiffIds { get; init; }
}
