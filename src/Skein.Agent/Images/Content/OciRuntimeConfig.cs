using System.Text.Json;
using System.Text.Json.Serialization;

namespace Skein.Agent.Images.Content;

/// <summary>The "config" object of an image: unlike the rest of the document its names begin with capitals.</summary>
internal sealed record OciRuntimeConfig
{
    [JsonPropertyName("User")]
    public string? User { get; init; }

    [JsonPropertyName("ExposedPorts")]
    public Dictionary<string, JsonElement>? ExposedPorts { get; init; }

    [JsonPropertyName("Env")]
    public List<string>? Env { get; init; }

    [JsonPropertyName("Entrypoint")]
    public List<string>? Entrypoint { get; init; }

    [JsonPropertyName("Cmd")]
    public List<string>? Cmd { get; init; }

    [JsonPropertyName("Volumes")]
    public Dictionary<string, JsonElement>? Volumes { get; init; }

    [JsonPropertyName("WorkingDir")]
    public string? WorkingDir { get; init; }

    [JsonPropertyName("Labels")]
    public Dictionary<string, string>? Labels { get; init; }

    [JsonPropertyName("OnBuild")]
    public List<string>? OnBuild { get; init; }

    [JsonPropertyName("StopSignal")]
    public string? StopSignal { get; init; }

    [JsonPropertyName("Healthcheck")]
    public OciHealthcheck? Healthcheck { get; init; }

    /// <summary>As Go reads it, which made it: a null among texts is an empty one.</summary>
    public OciRuntimeConfig WithoutNulls() => this with
    {
        Env = WithoutNulls(Env),
        Entrypoint = WithoutNulls(Entrypoint),
        Cmd = WithoutNulls(Cmd),
        Labels = Labels?.ToDictionary(label => label.Key, label => label.Value ?? ""),
        OnBuild = WithoutNulls(OnBuild),
        Healthcheck = Healthcheck is { } check ? check with { Test = WithoutNulls(check.Test) } : null,
    };

    private static List<string>? WithoutNulls(List<string>? texts) => texts?.ConvertAll(text => text ?? "");
}

/// <summary>Docker's extension of the config. Durations are nanoseconds.</summary>
internal sealed record OciHealthcheck
{
    [JsonPropertyName("Test")]
    public List<string>? Test { get; init; }

    [JsonPropertyName("Interval")]
    public long Interval { get; init; }

    [JsonPropertyName("Timeout")]
    public long Timeout { get; init; }

    [JsonPropertyName("StartPeriod")]
    public long StartPeriod { get; init; }

    [JsonPropertyName("StartInterval")]
    public long StartInterval { get; init; }

    [JsonPropertyName("Retries")]
    public int Retries { get; init; }
}
