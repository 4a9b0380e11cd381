using System.Text.Json.Serialization;

namespace Skein.Agent.Images.Registry;

/// <summary>A token server's answer; `access_token` is the OAuth2 name of the same thing.</summary>
internal sealed record RegistryToken
{
    public string? Token { get; init; }

    [JsonPropertyName("access_token")]
    public string? AccessToken { get; init; }

    /// <summary>Seconds; 60 when absent, by the token specification.</summary>
    [JsonPropertyName("expires_in")]
    public int? ExpiresIn { get; init; }

    [JsonIgnore]
    public string Value => Token is { Length: > 0 } ? Token : AccessToken ?? "";
}
