using Skein.Model;

namespace Skein.Manager.Scheduling;

internal sealed class MaxReplicasFilter : NodeFilter
{
    public override bool AppliesTo(SwarmTask task) => task.Spec?.Placement?.MaxReplicas > 0;

    public override bool Admits(NodeLoad node, Demand demand) =>
        (ulong)node.ActiveOf(demand.Task.ServiceId) < demand.Task.Spec.Placement.MaxReplicas;

    public override string Explain(int nodes) => "max replicas per node limit exceed";
}
