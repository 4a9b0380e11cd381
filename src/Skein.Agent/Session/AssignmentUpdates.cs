using System.Collections.Immutable;
using Google.Protobuf.Collections;
using Skein.Model;

namespace Skein.Agent.Session;

/// <summary>What a manager's message makes of what the node knew.</summary>
public static class AssignmentUpdates
{
    /// <summary>
    /// null when it does not follow on the last one: the session must begin anew. What is told again unchanged stays the same
    /// object, so readers find what really changed by comparing references, also across a reconnection.
    /// </summary>
    public static NodeAssignments? Apply(this NodeAssignments current, Assignments change)
    {
        if (!change.Full && change.Sequence != current.Sequence + 1) return null;
        return current with
        {
            Sequence = change.Sequence,
            Tasks = Apply(current.Tasks, change.Full, change.Tasks, change.RemovedTasks, t => t.Id),
            Networks = Apply(current.Networks, change.Full, change.Networks, change.RemovedNetworks, n => n.Id),
            Endpoints = Apply(current.Endpoints, change.Full, change.Endpoints, change.RemovedEndpoints, e => e.Id),
            Services = Apply(current.Services, change.Full, change.Services, change.RemovedServices, s => s.Id),
        };
    }

    /// <summary>The message that says all of it.</summary>
    public static Assignments ToMessage(this NodeAssignments assignments)
    {
        var message = new Assignments { Sequence = assignments.Sequence, Full = true };
        message.Tasks.Add(assignments.Tasks.Values);
        message.Networks.Add(assignments.Networks.Values);
        message.Endpoints.Add(assignments.Endpoints.Values);
        message.Services.Add(assignments.Services.Values);
        return message;
    }

    private static ImmutableDictionary<string, T> Apply<T>(
        ImmutableDictionary<string, T> known, bool full, RepeatedField<T> told, RepeatedField<string> removed, Func<T, string> id)
        where T : class
    {
        if (!full && told.Count == 0 && removed.Count == 0) return known;
        var next = known.ToBuilder();
        if (full)
        {
            var named = told.Select(id).ToHashSet(StringComparer.Ordinal);
            next.RemoveRange(known.Keys.Where(k => !named.Contains(k)));
        }
        next.RemoveRange(removed);
        foreach (var value in told)
        {
            if (!next.TryGetValue(id(value), out var old) || !old.Equals(value)) next[id(value)] = value;
        }
        return next.ToImmutable();
    }
}
