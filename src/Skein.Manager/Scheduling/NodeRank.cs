using Skein.Model;

namespace Skein.Manager.Scheduling;

/// <summary>Which of two nodes is rather given a task: the one where it fails less, has fewer of its kind, has less to do.</summary>
internal readonly record struct NodeRank(int Failures, int OfService, int Active, string NodeId) : IComparable<NodeRank>
{
    /// <summary>Fewer failures than this, within five minutes, are not held against a node.</summary>
    private const int TooManyFailures = 5;

    public static NodeRank Of(NodeLoad node, SwarmTask task)
    {
        var failures = node.FailuresOf(task);
        return new(failures >= TooManyFailures ? failures : 0, node.ActiveOf(task.ServiceId), node.Active, node.Node.Id);
    }

    public int CompareTo(NodeRank other)
    {
        if (Failures != other.Failures) return Failures.CompareTo(other.Failures);
        if (OfService != other.OfService) return OfService.CompareTo(other.OfService);
        return Active != other.Active ? Active.CompareTo(other.Active) : string.CompareOrdinal(NodeId, other.NodeId);
    }
}
