using Skein.Agent.Images;
using Skein.Api.Containers.Create;
using Skein.Model;

namespace Skein.Api.Containers.Commit;

/// <summary>The config of an image that is made of a container.</summary>
internal static class CommittedConfig
{
    public static ImageConfig Of(ContainerInspectJson.ConfigJson config) => new(
        config.Entrypoint ?? [],
        config.Cmd ?? [],
        config.Env,
        config.User,
        config.WorkingDir,
        [.. config.ExposedPorts?.Keys.Order(StringComparer.Ordinal) ?? Enumerable.Empty<string>()],
        [.. config.Volumes?.Keys.Order(StringComparer.Ordinal) ?? Enumerable.Empty<string>()],
        config.Labels,
        config.StopSignal ?? "",
        config.Healthcheck is not { } health ? null : new HealthConfig
        {
            Test = { health.Test },
            Interval = health.Interval ?? 0,
            Timeout = health.Timeout ?? 0,
            StartPeriod = health.StartPeriod ?? 0,
            StartInterval = health.StartInterval ?? 0,
            Retries = health.Retries ?? 0,
        });

    public static ImageConfig Of(ContainerCreateJson config) => new(
        config.Entrypoint ?? [],
        config.Cmd ?? [],
        config.Env ?? [],
        config.User ?? "",
        config.WorkingDir ?? "",
        [.. config.ExposedPorts?.Keys.Order(StringComparer.Ordinal) ?? Enumerable.Empty<string>()],
        [.. config.Volumes?.Keys.Order(StringComparer.Ordinal) ?? Enumerable.Empty<string>()],
        config.Labels ?? new Dictionary<string, string>(),
        config.StopSignal ?? "",
        HealthReader.Read(config.Healthcheck))
    {
        OnBuild = config.OnBuild ?? [],
    };

    /// <summary>What is not wished for is as the container has it, by Docker's rules for an image and who runs it.</summary>
    public static ImageConfig Merge(ImageConfig wish, ImageConfig own) => wish with
    {
        User = wish.User.Length > 0 ? wish.User : own.User,
        ExposedPorts = [.. wish.ExposedPorts.Union(own.ExposedPorts)],
        Env = [.. wish.Env, .. own.Env.ExceptBy(wish.Env.Select(NameOf), NameOf)],
        Labels = own.Labels.Concat(wish.Labels).GroupBy(label => label.Key).ToDictionary(label => label.Key, label => label.Last().Value),
        Cmd = wish.Entrypoint.Count == 0 && wish.Cmd.Count == 0 ? own.Cmd : wish.Cmd,
        Entrypoint = wish.Entrypoint.Count == 0 ? own.Entrypoint : wish.Entrypoint,
        Healthcheck = Merge(wish.Healthcheck, own.Healthcheck),
        WorkingDir = wish.WorkingDir.Length > 0 ? wish.WorkingDir : own.WorkingDir,
        Volumes = [.. wish.Volumes.Union(own.Volumes)],
        StopSignal = wish.StopSignal.Length > 0 ? wish.StopSignal : own.StopSignal,
    };

    private static string NameOf(string variable) => variable.Split('=', 2)[0];

    private static HealthConfig? Merge(HealthConfig? wish, HealthConfig? own)
    {
        if (wish is null || own is null) return wish ?? own;
        return new HealthConfig
        {
            Test = { wish.Test.Count > 0 ? wish.Test : own.Test },
            Interval = wish.Interval != 0 ? wish.Interval : own.Interval,
            Timeout = wish.Timeout != 0 ? wish.Timeout : own.Timeout,
            StartPeriod = wish.StartPeriod != 0 ? wish.StartPeriod : own.StartPeriod,
            StartInterval = wish.StartInterval != 0 ? wish.StartInterval : own.StartInterval,
            Retries = wish.Retries != 0 ? wish.Retries : own.Retries,
        };
    }
}
