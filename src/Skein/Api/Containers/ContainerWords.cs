using Skein.Agent.Containers;
using Skein.Agent.Images;
using Skein.Model;
using ContainerStatus = Skein.Agent.Containers.ContainerStatus;

namespace Skein.Api.Containers;

/// <summary>How Docker says a container's state.</summary>
internal static class ContainerWords
{
    public static string StatusName(ContainerStatus status) => status.ToString().ToLowerInvariant();

    /// <summary>What runs: the spec's entrypoint and arguments, the image's where the spec has none.</summary>
    public static IReadOnlyList<string> CommandLine(ContainerSpec spec, ImageRecord? image)
    {
        if (spec.Command.Count > 0 || image is null) return [.. spec.Command, .. spec.Args];
        return [.. image.Config.Entrypoint, .. spec.Args.Count > 0 ? spec.Args : image.Config.Cmd];
    }

    /// <summary>The COMMAND column of `docker ps`: an argument with a space stands in quotes, the program never does.</summary>
    public static string CommandColumn(IReadOnlyList<string> command) =>
        string.Join(' ', command.Select((word, place) => place > 0 && word.Contains(' ') ? $"'{word}'" : word));

    /// <summary>The image's variables and the spec's over them.</summary>
    public static IReadOnlyList<string> Environment(ContainerSpec spec, ImageRecord? image)
    {
        var own = spec.Env.Select(NameOf).ToHashSet(StringComparer.Ordinal);
        return [.. (image?.Config.Env ?? []).Where(entry => !own.Contains(NameOf(entry))), .. spec.Env];
    }

    private static string NameOf(string entry) => entry.Split('=', 2)[0];

    /// <summary>"Up 3 minutes", "Exited (0) 2 hours ago": the STATUS column of `docker ps`.</summary>
    public static string Describe(ContainerState state, ContainerHealth? health, DateTimeOffset now) => state.Status switch
    {
        ContainerStatus.Running => $"Up {Ago(now - state.StartedAt)}{HealthNote(health)}",
        ContainerStatus.Paused => $"Up {Ago(now - state.StartedAt)} (Paused)",
        ContainerStatus.Restarting => $"Restarting ({state.ExitCode}) {Ago(now - state.FinishedAt)} ago",
        ContainerStatus.Exited => $"Exited ({state.ExitCode}) {Ago(now - state.FinishedAt)} ago",
        ContainerStatus.Removing => "Removal In Progress",
        ContainerStatus.Dead => "Dead",
        _ => "Created",
    };

    /// <summary>"none", "starting", "healthy" or "unhealthy".</summary>
    public static string HealthName(ContainerHealth? health) => health?.Verdict.ToString().ToLowerInvariant() ?? "none";

    private static string HealthNote(ContainerHealth? health) => health?.Verdict switch
    {
        null => "",
        HealthVerdict.Starting => " (health: starting)",
        _ => $" ({HealthName(health)})",
    };

    /// <summary>Docker's rounding (go-units' HumanDuration).</summary>
    public static string Ago(TimeSpan? since)
    {
        var span = since ?? TimeSpan.Zero;
        return span.TotalSeconds switch
        {
            < 1 => "Less than a second",
            < 2 => "1 second",
            < 60 => $"{(int)span.TotalSeconds} seconds",
            < 120 => "About a minute",
            < 60 * 60 => $"{(int)span.TotalMinutes} minutes",
            < 90 * 60 => "About an hour",
            < 48 * 3600 => $"{(int)Math.Round(span.TotalHours)} hours",
            < 14 * 24 * 3600 => $"{(int)span.TotalDays} days",
            < 60 * 24 * 3600 => $"{(int)(span.TotalDays / 7)} weeks",
            < 2 * 365 * 24 * 3600.0 => $"{(int)(span.TotalDays / 30)} months",
            _ => $"{(int)(span.TotalDays / 365)} years",
        };
    }
}
