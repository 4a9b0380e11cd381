using System.Globalization;
using System.Text.Json;
using Skein.Model;

namespace Skein.Agent.Images.Content;

/// <summary>An image's config document in the terms of the rest of the agent.</summary>
internal static class ImageRecords
{
    private static readonly JsonElement s_empty = JsonElement.Parse("{}");

    public static ImageRecord From(string configDigest, OciImageConfig config, IReadOnlyList<long> layerSizes) => new(
        configDigest,
        [],
        [],
        Time(config.Created),
        layerSizes.Sum(),
        config.Architecture,
        config.Os,
        config.RootFs?.DiffIds ?? [],
        From(config.Config ?? new OciRuntimeConfig()))
    {
        LayerSizes = layerSizes,
        Author = config.Author ?? "",
        Comment = config.Comment is { Length: > 0 } comment ? comment : config.History is [.., { Comment: { } last }] ? last : "",
        Variant = config.Variant ?? "",
    };

    public static DateTimeOffset? Time(string? text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;

    private static ImageConfig From(OciRuntimeConfig config) => new(
        config.Entrypoint ?? [],
        config.Cmd ?? [],
        config.Env ?? [],
        config.User ?? "",
        config.WorkingDir ?? "",
        [.. config.ExposedPorts?.Keys.Order(StringComparer.Ordinal) ?? Enumerable.Empty<string>()],
        [.. config.Volumes?.Keys.Order(StringComparer.Ordinal) ?? Enumerable.Empty<string>()],
        config.Labels ?? [],
        config.StopSignal ?? "",
        config.Healthcheck is { } health ? From(health) : null)
    {
        OnBuild = config.OnBuild ?? [],
    };

    public static OciRuntimeConfig ToDocument(ImageConfig config) => new()
    {
        User = Given(config.User),
        ExposedPorts = Set(config.ExposedPorts),
        Env = Given(config.Env),
        Entrypoint = Given(config.Entrypoint),
        Cmd = Given(config.Cmd),
        Volumes = Set(config.Volumes),
        WorkingDir = Given(config.WorkingDir),
        Labels = config.Labels.Count == 0 ? null : new(config.Labels),
        OnBuild = Given(config.OnBuild),
        StopSignal = Given(config.StopSignal),
        Healthcheck = config.Healthcheck is { } health ? ToDocument(health) : null,
    };

    private static OciHealthcheck ToDocument(HealthConfig health) => new()
    {
        Test = [.. health.Test],
        Interval = health.Interval,
        Timeout = health.Timeout,
        Retries = health.Retries,
        StartPeriod = health.StartPeriod,
        StartInterval = health.StartInterval,
    };

    private static string? Given(string text) => text.Length == 0 ? null : text;

    private static List<string>? Given(IReadOnlyList<string> list) => list.Count == 0 ? null : [.. list];

    private static Dictionary<string, JsonElement>? Set(IReadOnlyList<string> names) => names.Count == 0 ? null : names.ToDictionary(name => name, _ => s_empty);

    private static HealthConfig From(OciHealthcheck health) => new()
    {
        Test = { health.Test ?? [] },
        Interval = health.Interval,
        Timeout = health.Timeout,
        Retries = health.Retries,
        StartPeriod = health.StartPeriod,
        StartInterval = health.StartInterval,
    };
}
