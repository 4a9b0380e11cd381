using Skein.Agent.Session;

namespace Skein.Agent.Dns;

/// <summary>Indexes of the assignments, made by the first question after a change, once for all containers.</summary>
internal sealed class NameIndexCache(AssignmentState state, BalancerProgress balancers)
{
    private NameIndex _current = NameIndex.Empty;
    private NameIndex _balanced = NameIndex.Empty;
    private volatile IReadOnlyDictionary<string, NetworkNames> _ofHost = NameIndex.NoNetworks;

    /// <summary>Names of the host's own networks, by their ids: nothing is balanced there. Replaced whole.</summary>
    public IReadOnlyDictionary<string, NetworkNames> OfHost
    {
        get => _ofHost;
        set => _ofHost = value;
    }

    /// <summary>Of the assignments at this moment: a name that is gone is gone from the instant that its state is published.</summary>
    public NameIndex Current => Of(ref _current, state.Current);

    /// <summary>Of the assignments that the balancers follow: a name that is not in it yet has a virtual address that leads nowhere yet.</summary>
    public NameIndex Balanced => Of(ref _balanced, balancers.Applied);

    /// <summary>Whether the two are the same, as they are most of the time.</summary>
    public bool IsBalanced => Current.IsOf(balancers.Applied, _ofHost);

    /// <summary>Completes when the balancers have got as far as the assignments are now.</summary>
    public Task WhenBalancedAsync(CancellationToken cancel) => balancers.WhenAppliedAsync(state.Generation, cancel);

    // Two threads may both make it; the same comes out.
    private NameIndex Of(ref NameIndex cached, NodeAssignments assignments)
    {
        var index = Volatile.Read(ref cached);
        var ofHost = _ofHost;
        if (index.IsOf(assignments, ofHost)) return index;
        index = new NameIndex(assignments, ofHost);
        Volatile.Write(ref cached, index);
        return index;
    }
}
