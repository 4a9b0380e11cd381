using Skein.Model;

namespace Skein.Manager.Scheduling;

internal sealed class ResourceFilter : NodeFilter
{
    public override bool AppliesTo(SwarmTask task) =>
        task.Spec?.Resources?.Reservations is { } reserved && (reserved.NanoCpus != 0 || reserved.MemoryBytes != 0 || reserved.Generic.Count > 0);

    public override bool Admits(NodeLoad node, Demand demand)
    {
        var reserved = demand.Task.Spec.Resources.Reservations;
        return reserved.NanoCpus <= node.FreeNanoCpus && reserved.MemoryBytes <= node.FreeMemoryBytes
            && node.FreeGeneric.HasEnough(reserved.Generic);
    }

    public override string Explain(int nodes) => $"insufficient resources on {Count(nodes)}";
}
