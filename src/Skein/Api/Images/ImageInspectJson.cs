using System.Text.Json.Serialization;
using Skein.Agent.Images;
using Skein.Model;

namespace Skein.Api.Images;

/// <summary>GET /images/NAME/json</summary>
internal sealed record ImageInspectJson(
    string Id,
    IReadOnlyList<string> RepoTags,
    IReadOnlyList<string> RepoDigests,
    string Parent,
    string Comment,
    string Created,
    string Author,
    ImageInspectJson.ConfigJson Config,
    string Architecture,
    string? Variant,
    string Os,
    long Size,
    ImageInspectJson.GraphDriverJson GraphDriver,
    ImageInspectJson.RootFsJson RootFS,
    long? VirtualSize,
    string? Container,
    ImageInspectJson.ConfigJson? ContainerConfig)
{
    /// <summary>Where its layers lie; what of them, only Docker's own drivers tell.</summary>
    internal sealed record GraphDriverJson(string Name)
    {
        [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
        public IReadOnlyDictionary<string, string>? Data { get; init; }
    }

    internal sealed record RootFsJson(string Type, IReadOnlyList<string> Layers);

    internal sealed record ConfigJson(
        string User,
        IReadOnlyDictionary<string, EmptyJson>? ExposedPorts,
        IReadOnlyList<string>? Env,
        IReadOnlyList<string>? Cmd,
        IReadOnlyDictionary<string, EmptyJson>? Volumes,
        string WorkingDir,
        IReadOnlyList<string>? Entrypoint,
        IReadOnlyDictionary<string, string>? Labels,
        string? StopSignal)
    {
        public IReadOnlyList<string>? OnBuild { get; init; }

        public HealthcheckJson? Healthcheck { get; init; }
    }

    internal sealed record HealthcheckJson(IReadOnlyList<string> Test, long? Interval, long? Timeout, long? StartPeriod, long? StartInterval, int? Retries);

    internal sealed record EmptyJson;

    // Of the container that an image was once committed from: there is none. Docker's answers from API 1.45 on lack it, and docker-compose 1.29,
    // which speaks whatever version the engine has, fails there with KeyError: 'ContainerConfig' whenever it makes a container anew.
    private static readonly ConfigJson s_none = new("", null, null, null, null, "", null, null, null);

    public static ImageInspectJson From(ImageRecord image, ApiVersion version) => new(
        image.Id,
        image.Tags,
        image.Digests,
        "",
        image.Comment,
        GoTime.Format(image.Created),
        image.Author,
        new ConfigJson(
            image.Config.User,
            Set(image.Config.ExposedPorts),
            image.Config.Env,
            image.Config.Cmd,
            Set(image.Config.Volumes),
            image.Config.WorkingDir,
            image.Config.Entrypoint.Count == 0 ? null : image.Config.Entrypoint,
            image.Config.Labels,
            image.Config.StopSignal.Length == 0 ? null : image.Config.StopSignal)
        {
            OnBuild = image.Config.OnBuild.Count == 0 ? null : image.Config.OnBuild,
            Healthcheck = image.Config.Healthcheck is { } health ? Of(health) : null,
        },
        image.Architecture,
        image.Variant.Length == 0 ? null : image.Variant,
        image.Os,
        image.Size,
        new GraphDriverJson("overlayfs"),
        new RootFsJson("layers", image.Layers),
        version.CompareTo(ApiVersion.WithoutVirtualSize) < 0 ? image.Size : null,
        "",
        s_none);

    private static HealthcheckJson Of(HealthConfig health) =>
        new([.. health.Test], Given(health.Interval), Given(health.Timeout), Given(health.StartPeriod), Given(health.StartInterval), (int?)Given(health.Retries));

    private static long? Given(long value) => value == 0 ? null : value;

    private static Dictionary<string, EmptyJson>? Set(IReadOnlyList<string> names) =>
        names.Count == 0 ? null : names.ToDictionary(n => n, _ => new EmptyJson());
}
