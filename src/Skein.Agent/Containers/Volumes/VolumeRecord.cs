using System.Collections.Immutable;

namespace Skein.Agent.Containers.Volumes;

/// <summary>A volume of this host as it stands. Immutable; each change makes a new one.</summary>
/// <param name="Options">Of the driver local, as mount(8) has them; null when none were given.</param>
/// <param name="Labels">null when none were given.</param>
public sealed record VolumeRecord(
    string Name, DateTimeOffset Created, IReadOnlyDictionary<string, string>? Options, IReadOnlyDictionary<string, string>? Labels)
{
    /// <summary>Docker's mark of a volume that nobody named.</summary>
    public const string AnonymousLabel = "com.docker.volume.anonymous";

    /// <summary>The ids of the containers that have it, be they running or not.</summary>
    public ImmutableSortedSet<string> Users { get; init; } = ImmutableSortedSet.Create<string>(StringComparer.Ordinal);

    /// <summary>Something is mounted on it while a container has it; its files are not on this host's disk, or not the volume's own.</summary>
    public bool IsDevice => Options is { Count: > 0 };

    public bool IsAnonymous => Labels?.ContainsKey(AnonymousLabel) == true;

    internal bool HasOptions(IReadOnlyDictionary<string, string> given) => AreSame(Options, given);

    internal bool HasLabels(IReadOnlyDictionary<string, string> given) => AreSame(Labels, given);

    private static bool AreSame(IReadOnlyDictionary<string, string>? have, IReadOnlyDictionary<string, string> given) =>
        (have?.Count ?? 0) == given.Count && given.All(pair => have!.TryGetValue(pair.Key, out var value) && value == pair.Value);
}
