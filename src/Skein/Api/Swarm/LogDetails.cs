using Skein.Manager.Store;

namespace Skein.Api.Swarm;

/// <summary>Where a line of a service's log comes from, as Docker's client reads it: key=value, URL-escaped, by key, joined by commas.</summary>
internal static class LogDetails
{
    private const string Prefix = "com.docker.swarm";

    public static string Of(string taskId, Snapshot snapshot)
    {
        var task = snapshot.Tasks.Find(taskId);
        return $"{Prefix}.node.id={Uri.EscapeDataString(task?.NodeId ?? "")},{Prefix}.service.id={Uri.EscapeDataString(task?.ServiceId ?? "")},{Prefix}.task.id={Uri.EscapeDataString(taskId)}";
    }
}
