using Skein.Model;
using Skein.Model.Specs;

namespace Skein.Agent.Tasks;

/// <summary>How long a task that leaves is waited for, and by whom.</summary>
internal static class TaskDrain
{
    /// <summary>For the word that it is out of every balancer; it comes in some 100 ms where all nodes of its networks are well.</summary>
    public static TimeSpan PatienceOf(SwarmTask task) =>
        task.ServiceAnnotations?.Labels.TryGetValue(DrainTimeout.Label, out var text) == true && DrainTimeout.TryParse(text, out var chosen)
            ? chosen
            : DrainTimeout.Default;

    /// <summary>
    /// After that word: a client may have been given the task's own address just before, and not have connected yet. A virtual address
    /// is turned as the connection begins, so only what is on the wire is waited for.
    /// </summary>
    public static TimeSpan LingerOf(SwarmTask task) =>
        task.Endpoint?.Spec?.Mode == EndpointMode.Dnsrr ? DrainTimeout.AddressLife : DrainTimeout.WireLife;
}
