using Skein.Model;
using Skein.Model.Specs;

namespace Skein.Manager.Drafts;

/// <summary>A task beside what its service asks for now.</summary>
internal static class TaskMeaning
{
    /// <summary>
    /// In more than its placement. A newer spec alone does not make it differ: scaling or a label changes no container. Nor do other
    /// credentials, which only the next pull is asked for.
    /// </summary>
    public static bool Differs(Service service, SwarmTask task)
    {
        if (task.SpecVersion == service.SpecVersion) return false;
        if (!ServiceMeaning.Same(task.Endpoint?.Spec, service.Spec.Endpoint)) return true;
        var wanted = WantedOf(service, task);
        wanted.Placement = task.Spec.Placement;
        return !ServiceMeaning.Same(wanted, task.Spec);
    }

    public static bool DiffersInPlacement(Service service, SwarmTask task) =>
        task.SpecVersion != service.SpecVersion && !ServiceMeaning.Same(WantedOf(service, task), task.Spec);

    private static TaskSpec WantedOf(Service service, SwarmTask task)
    {
        var wanted = service.Spec.Task?.Clone() ?? new();
        if (wanted.Container is { } container) container.RegistryAuth = task.Spec.Container?.RegistryAuth;
        return wanted;
    }
}
