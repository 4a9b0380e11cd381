using System.Text.Json.Serialization;
using Skein.Agent.Images;

namespace Skein.Api.Images;

/// <summary>Docker's AuthConfig, from the X-Registry-Auth header and of `docker login`.</summary>
internal sealed record RegistryAuthJson
{
    [JsonPropertyName("username")]
    public string? Username { get; init; }

    [JsonPropertyName("password")]
    public string? Password { get; init; }

    [JsonPropertyName("identitytoken")]
    public string? IdentityToken { get; init; }

    [JsonPropertyName("registrytoken")]
    public string? RegistryToken { get; init; }

    [JsonPropertyName("serveraddress")]
    public string? ServerAddress { get; init; }

    /// <summary>null when it holds nothing to authenticate with.</summary>
    public RegistryAuth? ToModel() => (Username, IdentityToken, RegistryToken) is (null or "", null or "", null or "")
        ? null
        : ToModelOrNobody();

    public RegistryAuth ToModelOrNobody() => new(Username ?? "", Password ?? "", IdentityToken ?? "", RegistryToken ?? "", ServerAddress ?? "");
}
