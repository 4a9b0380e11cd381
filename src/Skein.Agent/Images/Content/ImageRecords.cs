using System.Globalization;
using Skein.Model;

namespace Skein.Agent.Images.Content;

/// <summary>An image's config document in the terms of the rest of the agent.</summary>
internal static class ImageRecords
{
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
        config.Healthcheck is { } health ? From(health) : null);

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
