using System.Collections.Immutable;

namespace Skein.ClusterTests.Model;

/// <summary>A container as its user knows it.</summary>
/// <param name="Program">"sleep" runs until it is killed, "polite" ends with 5 when it is asked to, "brief" ends by itself with 3, "missing" cannot be started.</param>
/// <param name="Policy">no, always, unless-stopped, or on-failure (twice at most).</param>
/// <param name="OnBridge">Otherwise it has no network, and none can be given to it.</param>
/// <param name="Networks">Its networks but for the default bridge.</param>
/// <param name="Starts">How often its program has begun, which it says in its log.</param>
internal sealed record Box(string Program, string Policy, bool OnBridge, ImmutableSortedSet<string> Networks, string Volume)
{
    public Phase Phase { get; init; }

    public int ExitCode { get; init; }

    public int Restarts { get; init; }

    public int Starts { get; init; }

    public bool StoppedByUser { get; init; }

    public int Shares { get; init; }

    public ImmutableSortedDictionary<string, string> Files { get; init; } = ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    public bool IsUp => Phase is Phase.Running or Phase.Paused;

    public bool HasRun => Starts > 0;

    /// <summary>What `docker ps` shows of it.</summary>
    public string Seen() => Phase == Phase.Exited ? $"exited {ExitCode}" : Phase.ToString().ToLowerInvariant();
}
