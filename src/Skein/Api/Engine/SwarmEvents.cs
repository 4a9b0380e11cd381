using Skein.Api.Swarm;
using Skein.NodeLife;
using Skein.Manager.Store;
using Skein.Model;

namespace Skein.Api.Engine;

/// <summary>Events of services, nodes, networks, secrets and configs: the store's own changes, from the first that this manager was told of.</summary>
internal sealed class SwarmEvents(ISwarmNode swarm, EventHub hub, TimeProvider time)
{
    // How late a host that has become a manager, or is none any more, is seen. The history waits that long.
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(500);

    public async Task RunAsync(CancellationToken cancel)
    {
        var (followed, next) = ((ChangeHistory?)null, 0L);
        while (true)
        {
            cancel.ThrowIfCancellationRequested();
            var look = Task.Delay(s_look, time, cancel);
            if (swarm.Control?.History is not { } history)
            {
                await look;
                continue;
            }
            if (history != followed) (followed, next) = (history, 0);
            (var changes, next, var more) = history.ReadFrom(next);
            foreach (var happened in changes.Select(Of).OfType<EngineEvent>()) hub.Publish(happened);
            await Task.WhenAny(more, look);
        }
    }

    /// <summary>null for what Docker does not tell of: what nodes and the leader note on an object.</summary>
    internal static EngineEvent? Of(ObjectChange change)
    {
        var (type, name) = (change.Now ?? change.Before) switch
        {
            Service service => ("service", service.Spec.Annotations.Name),
            Network network => ("network", network.Spec.Annotations.Name),
            Node node => ("node", node.Description?.Hostname ?? ""),
            IDependency dependency => (change.Kind.Name, dependency.Spec.Annotations.Name),
            _ => ("", ""),
        };
        var action = change switch
        {
            { Before: null } => "create",
            { Now: null } => "remove",
            _ => "update",
        };
        if (type.Length == 0 || (action == "update" && !IsTold(change.Before!, change.Now!))) return null;
        var attributes = action == "update" ? Details(change.Before!, change.Now!) : [];
        attributes["name"] = name;
        return new EngineEvent(change.Time, type, action, change.Id, "swarm", attributes);
    }

    private static bool IsTold(object before, object now) => (before, now) switch
    {
        (Service a, Service b) => !a.Spec.Equals(b.Spec) || a.UpdateStatus?.State != b.UpdateStatus?.State,
        (Network a, Network b) => !a.Spec.Equals(b.Spec),
        (IDependency a, IDependency b) => !a.Spec.Equals(b.Spec),
        (Node a, Node b) => !a.Spec.Equals(b.Spec) || a.Status?.State != b.Status?.State || a.ManagerStatus?.Reachability != b.ManagerStatus?.Reachability,
        _ => false,
    };

    private static string? StateOf(Service service) => service.UpdateStatus is { } update ? ServiceJson.StateName(update.State) : null;

    /// <summary>Docker's attributes: what was, if there was any, and what is.</summary>
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
                Add("updatestate", StateOf(a), StateOf(b));
                break;
        }
        return details;

        void Add<TValue>(string name, TValue was, TValue isNow)
        {
            if (isNow is null || EqualityComparer<TValue>.Default.Equals(was, isNow)) return;
            if (was is not null) details[name + ".old"] = $"{was}".ToLowerInvariant();
            details[name + ".new"] = $"{isNow}".ToLowerInvariant();
        }
    }
}
