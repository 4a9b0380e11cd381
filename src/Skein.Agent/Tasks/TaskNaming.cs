using Skein.Model;
using Skein.Model.Specs;

namespace Skein.Agent.Tasks;

/// <summary>Docker's names and labels of a task's container.</summary>
internal static class TaskNaming
{
    public const string TaskIdLabel = "com.docker.swarm.task.id";
    private const int ShortIdLength = 12;

    public static string ContainerName(SwarmTask task) => task.Annotations is { Name.Length: > 0 } annotations ? annotations.Name : task.FullName();

    public static Dictionary<string, string> Labels(SwarmTask task, string nodeId)
    {
        var labels = new Dictionary<string, string>();
        foreach (var (key, value) in task.Spec.Container.Labels) labels[key] = value;
        foreach (var (key, value) in ServiceGrants.LabelsOf(task.ServiceAnnotations?.Labels, null)) labels.TryAdd(key, value);
        labels["com.docker.swarm.node.id"] = nodeId;
        labels["com.docker.swarm.service.id"] = task.ServiceId;
        labels["com.docker.swarm.service.name"] = task.ServiceAnnotations?.Name ?? "";
        labels["com.docker.swarm.task"] = "";
        labels[TaskIdLabel] = task.Id;
        labels["com.docker.swarm.task.name"] = ContainerName(task);
        return labels;
    }

    public static string Hostname(ContainerSpec expanded, string containerId) =>
        expanded.Hostname.Length > 0 ? expanded.Hostname : containerId[..Math.Min(ShortIdLength, containerId.Length)];
}
