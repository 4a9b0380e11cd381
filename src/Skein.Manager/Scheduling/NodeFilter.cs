using Skein.Model;

namespace Skein.Manager.Scheduling;

/// <summary>One reason why a node can't have a task. Its words are what the user reads in `docker service ps`.</summary>
internal abstract class NodeFilter
{
    public abstract bool AppliesTo(SwarmTask task);

    public abstract bool Admits(NodeLoad node, Demand demand);

    /// <param name="nodes">How many nodes it turned down.</param>
    public abstract string Explain(int nodes);

    protected static string Count(int nodes) => nodes == 1 ? "1 node" : $"{nodes} nodes";
}
