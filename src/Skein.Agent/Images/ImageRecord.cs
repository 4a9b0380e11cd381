using Skein.Model;

namespace Skein.Agent.Images;

/// <param name="Id">sha256:… of the image's config, as Docker's image id.</param>
/// <param name="Tags">Familiar names: httpd:latest</param>
/// <param name="Digests">httpd@sha256:…</param>
/// <param name="Size">Bytes on disk, unpacked.</param>
public sealed record ImageRecord(
    string Id,
    IReadOnlyList<string> Tags,
    IReadOnlyList<string> Digests,
    DateTimeOffset? Created,
    long Size,
    string Architecture,
    string Os,
    IReadOnlyList<string> Layers,
    ImageConfig Config)
{
    /// <summary>Bytes of each layer on disk, in the order of <see cref="Layers"/>.</summary>
    public IReadOnlyList<long> LayerSizes { get; init; } = [];

    public string Author { get; init; } = "";

    /// <summary>Of the image, or of the last step of its history.</summary>
    public string Comment { get; init; } = "";

    public string Variant { get; init; } = "";
}

/// <summary>The image config's "config" object, as far as it is used.</summary>
public sealed record ImageConfig(
    IReadOnlyList<string> Entrypoint,
    IReadOnlyList<string> Cmd,
    IReadOnlyList<string> Env,
    string User,
    string WorkingDir,
    IReadOnlyList<string> ExposedPorts,
    IReadOnlyList<string> Volumes,
    IReadOnlyDictionary<string, string> Labels,
    string StopSignal,
    HealthConfig? Healthcheck)
{
    public static readonly ImageConfig Empty = new([], [], [], "", "", [], [], new Dictionary<string, string>(), "", null);

    /// <summary>Instructions for who builds upon it.</summary>
    public IReadOnlyList<string> OnBuild { get; init; } = [];
}

public sealed record RemoteImage(string Digest, string MediaType, long Size, IReadOnlyList<ImagePlatform> Platforms);

public sealed record RegistryAuth(string Username, string Password, string IdentityToken, string RegistryToken, string ServerAddress)
{
    public static RegistryAuth? From(RegistryCredentials? credentials) => credentials is null
        ? null
        : new(credentials.Username, credentials.Password, credentials.IdentityToken, credentials.RegistryToken, credentials.ServerAddress);

    public RegistryCredentials ToCredentials() => new()
    {
        Username = Username,
        Password = Password,
        IdentityToken = IdentityToken,
        RegistryToken = RegistryToken,
        ServerAddress = ServerAddress,
    };

    /// <summary>A record prints what it holds; this one ends up in no log.</summary>
    public override string ToString() => $"{nameof(RegistryAuth)} of {Username}";
}

/// <summary>How a pull or a push goes on, in Docker's words.</summary>
/// <param name="Id">Layer's short digest, or the tag for the first and last lines.</param>
/// <param name="Status">"Pulling from library/httpd", "Pulling fs layer", "Downloading", "Extracting", "Pull complete", "Digest: …", "Status: …"</param>
public sealed record ImageProgress(string Id, string Status, long? Current, long? Total)
{
    public PushNote? Note { get; init; }
}
