using Skein.Model;

namespace Skein.Manager.Scheduling;

internal sealed class ReadyFilter : NodeFilter
{
    public override bool AppliesTo(SwarmTask task) => true;

    public override bool Admits(NodeLoad node, Demand demand) =>
        node.Node.Status?.State == NodeState.Ready && (node.Node.Spec?.Availability ?? NodeAvailability.Active) == NodeAvailability.Active;

    public override string Explain(int nodes) => $"{Count(nodes)} not available for new tasks";
}
