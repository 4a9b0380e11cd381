using Skein.Model;

namespace Skein.Manager.Scheduling;

internal sealed class ConstraintFilter : NodeFilter
{
    public override bool AppliesTo(SwarmTask task) => task.Spec?.Placement?.Constraints.Count > 0;

    public override bool Admits(NodeLoad node, Demand demand) => Constraint.AllMatch(demand.Constraints, node.Node);

    public override string Explain(int nodes) => $"scheduling constraints not satisfied on {Count(nodes)}";
}
