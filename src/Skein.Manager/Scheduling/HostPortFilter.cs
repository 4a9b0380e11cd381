using Skein.Model;

namespace Skein.Manager.Scheduling;

internal sealed class HostPortFilter : NodeFilter
{
    public override bool AppliesTo(SwarmTask task) => NodeLoad.HostPorts(task).Any();

    public override bool Admits(NodeLoad node, Demand demand) => !NodeLoad.HostPorts(demand.Task).Any(node.HasHostPort);

    public override string Explain(int nodes) => $"host-mode port already in use on {Count(nodes)}";
}
