using System.Collections.Immutable;
using Google.Protobuf.Collections;
using Skein.Model;
using Skein.Model.Specs;

namespace Skein.Manager.Dispatch;

/// <summary>
/// From one view of a node to the next: applying it to what the old view said gives what the new one says, but for the credentials that
/// <see cref="NodeDependencies"/> tells.
/// </summary>
internal static class AssignmentDiff
{
    public static Assignments Full(NodeView view, ulong sequence)
    {
        var all = Between(NodeView.Empty, view, sequence) ?? new() { Sequence = sequence };
        all.Full = true;
        return all;
    }

    /// <summary>null when nothing changed for the node.</summary>
    public static Assignments? Between(NodeView old, NodeView next, ulong sequence)
    {
        var delta = new Assignments { Sequence = sequence };
        Add(old.Tasks, next.Tasks, delta.Tasks, delta.RemovedTasks);
        Add(old.Networks, next.Networks, delta.Networks, delta.RemovedNetworks);
        Add(old.Services, next.Services, delta.Services, delta.RemovedServices);
        foreach (var (network, table) in next.Endpoints)
            Add(old.Endpoints.GetValueOrDefault(network) ?? Nothing, table, delta.Endpoints, delta.RemovedEndpoints);
        foreach (var (_, table) in old.Endpoints.Where(e => !next.Endpoints.ContainsKey(e.Key)))
            delta.RemovedEndpoints.Add(table.Keys);
        CredentialsApart.Take(delta.Tasks);
        return IsEmpty(delta) ? null : delta;
    }

    private static readonly ImmutableDictionary<string, OverlayEndpoint> Nothing = ImmutableDictionary<string, OverlayEndpoint>.Empty;

    private static void Add<T>(
        ImmutableDictionary<string, T> old, ImmutableDictionary<string, T> next, RepeatedField<T> changed, RepeatedField<string> removed)
        where T : class
    {
        if (old == next) return;
        foreach (var (id, value) in next)
        {
            if (!old.TryGetValue(id, out var before) || before != value) changed.Add(value);
        }
        foreach (var id in old.Keys)
        {
            if (!next.ContainsKey(id)) removed.Add(id);
        }
    }

    private static bool IsEmpty(Assignments delta) =>
        delta.Tasks.Count + delta.RemovedTasks.Count + delta.Networks.Count + delta.RemovedNetworks.Count
        + delta.Endpoints.Count + delta.RemovedEndpoints.Count + delta.Services.Count + delta.RemovedServices.Count == 0;
}
