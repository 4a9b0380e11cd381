namespace Skein.Agent.Images.Registry;

/// <summary>What a registry answers with besides a status of 4xx (distribution spec, "Error Codes").</summary>
internal sealed record RegistryErrors
{
    public List<RegistryErrorEntry>? Errors { get; init; }

    /// <summary>Token servers answer {"details": "…"} or {"message": "…"} instead.</summary>
    public string? Details { get; init; }
}

internal sealed record RegistryErrorEntry
{
    public string Code { get; init => field = value ?? ""; } = "";

    public string? Message { get; init; }
}
