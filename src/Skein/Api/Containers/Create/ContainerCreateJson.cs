using System.Text.Json;
using System.Text.Json.Serialization;
using Skein.Api.Http;
using Skein.Api.Swarm;

namespace Skein.Api.Containers.Create;

/// <summary>Body of POST /containers/create: Docker's Config, and beside its fields what the host gives.</summary>
internal sealed record ContainerCreateJson
{
    public string? Hostname { get; init; }
    public string? Domainname { get; init; }
    public string? User { get; init; }
    public bool? AttachStdin { get; init; }
    public bool? AttachStdout { get; init; }
    public bool? AttachStderr { get; init; }
    public IReadOnlyDictionary<string, JsonElement>? ExposedPorts { get; init; }
    public bool? Tty { get; init; }
    public bool? OpenStdin { get; init; }
    public bool? StdinOnce { get; init; }
    public IReadOnlyList<string>? Env { get; init; }

    [JsonConverter(typeof(WordsConverter))]
    public IReadOnlyList<string>? Cmd { get; init; }

    public ContainerSpecJson.HealthJson? Healthcheck { get; init; }
    public string? Image { get; init; }
    public IReadOnlyDictionary<string, JsonElement>? Volumes { get; init; }
    public string? WorkingDir { get; init; }

    [JsonConverter(typeof(WordsConverter))]
    public IReadOnlyList<string>? Entrypoint { get; init; }

    public bool? NetworkDisabled { get; init; }
    public string? MacAddress { get; init; }
    public IReadOnlyDictionary<string, string>? Labels { get; init; }
    public string? StopSignal { get; init; }
    public int? StopTimeout { get; init; }

    /// <summary>Of an image that is made with it; a container has no use for it.</summary>
    public IReadOnlyList<string>? OnBuild { get; init; }

    public HostWishJson? HostConfig { get; init; }
    public NetworkingJson? NetworkingConfig { get; init; }

    internal sealed record NetworkingJson
    {
        public IReadOnlyDictionary<string, EndpointWishJson>? EndpointsConfig { get; init; }
    }
}

/// <param name="Warnings">Never null: clients count them.</param>
internal sealed record ContainerCreatedJson(string Id, IReadOnlyList<string> Warnings);

internal sealed record ContainerUpdatedJson([property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] IReadOnlyList<string>? Warnings);
