using System.Text.Json.Serialization;

namespace Skein.Api.Engine;

/// <summary>One line of GET /events; status, id and from repeat the newer fields for containers and images, for older clients.</summary>
internal sealed record EventJson
{
    [JsonPropertyName("status")]
    public string? Status { get; init; }

    [JsonPropertyName("id")]
    public string? Id { get; init; }

    [JsonPropertyName("from")]
    public string? From { get; init; }

    public required string Type { get; init; }
    public required string Action { get; init; }
    public required ActorJson Actor { get; init; }

    [JsonPropertyName("scope")]
    public required string Scope { get; init; }

    [JsonPropertyName("time")]
    public required long Time { get; init; }

    [JsonPropertyName("timeNano")]
    public required long TimeNano { get; init; }

    internal sealed record ActorJson(string ID, IReadOnlyDictionary<string, string> Attributes);
}
