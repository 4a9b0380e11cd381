using System.Net;

namespace Skein.Agent.Dns;

/// <summary>What the swarm's own names say to a question. Exactly one of the two is set.</summary>
/// <param name="Addresses">A known name's addresses of either family.</param>
/// <param name="Pointer">A known address's name.</param>
/// <param name="IsOfTasks">The addresses are tasks' own, which end with the task; a virtual address outlives all of them.</param>
internal readonly record struct NameAnswer(IReadOnlyList<IPAddress>? Addresses, string? Pointer, bool IsOfTasks = false)
{
    /// <summary>No name of ours: the host's resolvers are asked.</summary>
    public static readonly NameAnswer Unknown = default;

    public bool IsUnknown => Addresses is null && Pointer is null;
}
