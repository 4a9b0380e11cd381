using Skein.Hosting;
using Skein.Manager.Store;
using Skein.Model;

namespace Skein.Api.Engine;

/// <summary>Events of services, nodes and networks: the difference between one snapshot of the store and the next.</summary>
internal sealed class SwarmEvents(ISwarmNode swarm, EventHub hub, TimeProvider time)
{
    private static readonly TimeSpan s_retry = TimeSpan.FromMilliseconds(500);

    public async Task RunAsync(CancellationToken cancel)
    {
        Snapshot? last = null;
        while (true)
        {
            if (swarm.Control is not { } control)
            {
                // Not a manager now: look again, and begin with what is there then.
                last = null;
                await Task.Delay(s_retry, time, cancel);
                continue;
            }
            last ??= control.Snapshot;
            try
            {
                var next = await control.WaitNewerAsync(last.Revision, cancel);
                foreach (var happened in Compare(last, next, time.GetUtcNow())) hub.Publish(happened);
                last = next;
            }
            catch (Exception) when (!cancel.IsCancellationRequested)
            {
                // The store was closed under us: the node left the swarm or is no manager any more.
                last = null;
                await Task.Delay(s_retry, time, cancel);
            }
        }
    }

    internal static IEnumerable<EngineEvent> Compare(Snapshot old, Snapshot now, DateTimeOffset at) =>
    [
        .. Differences(old.Services, now.Services, s => s.Id, s => s.Spec.Annotations.Name, IsSpecChange, "service", at),
        .. Differences(old.Networks, now.Networks, n => n.Id, n => n.Spec.Annotations.Name, (a, b) => !a.Spec.Equals(b.Spec), "network", at),
        .. Differences(old.Nodes, now.Nodes, n => n.Id, n => n.Description?.Hostname ?? "", IsNodeChange, "node", at),
    ];

    private static bool IsSpecChange(Service old, Service now) =>
        !old.Spec.Equals(now.Spec) || old.UpdateStatus?.State != now.UpdateStatus?.State;

    private static bool IsNodeChange(Node old, Node now) =>
        !old.Spec.Equals(now.Spec) || old.Status?.State != now.Status?.State || old.ManagerStatus?.Reachability != now.ManagerStatus?.Reachability;

    private static IEnumerable<EngineEvent> Differences<T>(
        ObjectTable<T> old,
        ObjectTable<T> now,
        Func<T, string> id,
        Func<T, string> name,
        Func<T, T, bool> changed,
        string type,
        DateTimeOffset at) where T : class
    {
        foreach (var current in now.All)
        {
            if (old.Find(id(current)) is not { } before) yield return Event("create", current, []);
            else if (!ReferenceEquals(before, current) && changed(before, current)) yield return Event("update", current, Details(before, current));
        }
        foreach (var before in old.All.Where(o => now.Find(id(o)) is null)) yield return Event("remove", before, []);

        EngineEvent Event(string action, T of, Dictionary<string, string> attributes)
        {
            attributes["name"] = name(of);
            return new EngineEvent(at, type, action, id(of), "swarm", attributes);
        }
    }

    /// <summary>Docker's attributes: what was, and what is.</summary>
    private static Dictionary<string, string> Details(object old, object now)
    {
        var details = new Dictionary<string, string>();
        switch (old, now)
        {
            case (Node a, Node b):
                Add("availability", a.Spec.Availability, b.Spec.Availability);
                Add("role", a.Spec.Role, b.Spec.Role);
                Add("state", a.Status?.State, b.Status?.State);
                Add("reachability", a.ManagerStatus?.Reachability, b.ManagerStatus?.Reachability);
                break;
            case (Service a, Service b):
                Add("replicas", a.Spec.Replicated?.Replicas, b.Spec.Replicated?.Replicas);
                Add("image", a.Spec.Task.Container?.Image, b.Spec.Task.Container?.Image);
                Add("updatestate", a.UpdateStatus?.State, b.UpdateStatus?.State);
                break;
        }
        return details;

        void Add<TValue>(string name, TValue was, TValue isNow)
        {
            if (EqualityComparer<TValue>.Default.Equals(was, isNow)) return;
            details[name + ".old"] = was?.ToString()?.ToLowerInvariant() ?? "";
            details[name + ".new"] = isNow?.ToString()?.ToLowerInvariant() ?? "";
        }
    }
}
