using System.Collections.Immutable;
using System.Net;

namespace Skein.Agent.Dns;

/// <summary>Through whose eyes a question is answered.</summary>
/// <param name="NetworkIds">Its networks in the order of its legs: where two know a name, the first one's answer counts.</param>
/// <param name="OwnNames">Container name, hostname, short id in lower case: known to itself before any manager has told of it.</param>
/// <param name="OwnAddresses">Of its overlay legs but ingress.</param>
/// <param name="MayForward">False when all its networks are internal: nothing of it may reach the outside, not even a question.</param>
internal sealed record ContainerView(
    IReadOnlyList<string> NetworkIds,
    IReadOnlySet<string> OwnNames,
    IReadOnlyList<IPAddress> OwnAddresses,
    bool MayForward)
{
    /// <summary>What it alone calls another on a network, in lower case, and how all others call that one.</summary>
    public IReadOnlyDictionary<(string NetworkId, string Alias), string> Links { get; init; } = ImmutableDictionary<(string, string), string>.Empty;
}
