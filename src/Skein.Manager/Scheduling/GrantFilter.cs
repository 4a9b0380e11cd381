using Skein.Model;
using Skein.Model.Specs;

namespace Skein.Manager.Scheduling;

/// <summary>What Docker gives no service, on nodes that allow it alone. The node looks again: a wish that slips by here is rejected there.</summary>
internal sealed class GrantFilter : NodeFilter
{
    public override bool AppliesTo(SwarmTask task) => Needs(task).Any();

    public override bool Admits(NodeLoad node, Demand demand) =>
        node.Node.Description is { } description && Needs(demand.Task).All(description.AllowServices.Contains);

    public override string Explain(int nodes) => $"skein.privileged, skein.devices or skein.gpus not allowed by \"allow-services\" of {Count(nodes)}";

    private static IEnumerable<string> Needs(SwarmTask task)
    {
        var labels = ServiceGrants.LabelsOf(task.ServiceAnnotations?.Labels, task.Spec?.Container?.Labels);
        return labels.Count == 0 ? [] : ServiceGrants.Parse(labels).Needs();
    }
}
