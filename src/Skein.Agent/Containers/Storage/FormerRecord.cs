using Google.Protobuf;
using Skein.Model;

namespace Skein.Agent.Containers.Storage;

/// <summary>
/// A record as a Skein before users' containers wrote it. A daemon that could not read it would take its container for nobody's, and a
/// host's tasks would end by an upgrade. It is written anew in today's form at the container's next change.
/// </summary>
internal static class FormerRecord
{
    // As it was then, whatever the label is called one day.
    private const string TaskIdLabel = "com.docker.swarm.task.id";

    /// <returns>null when it is none.</returns>
    public static StoredContainer? TryParse(byte[] bytes, string id)
    {
        FormerContainer former;
        try
        {
            former = FormerContainer.Parser.ParseFrom(bytes);
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
        if (former.Id != id) return null;
        var definition = new ContainerDefinition
        {
            Id = former.Id,
            Name = former.Name,
            TaskId = former.Labels.GetValueOrDefault(TaskIdLabel, ""),
            Spec = former.Spec ?? new(),
            Labels = { former.Labels },
            Hostname = former.Hostname,
            NetworkNamespacePath = former.NetworkNamespacePath,
            ResolvConfPath = former.ResolvConfPath,
            HostsPath = former.HostsPath,
            HostnamePath = former.HostnamePath,
            Resources = former.Resources,
            LogDriver = former.LogDriver,
            StopGracePeriod = former.StopGracePeriod,
            Networks = { former.Networks },
        };
        // The one number that means something else today. What it does not know a message keeps, and writes again.
        former.Id = "";
        var stored = StoredContainer.Parser.WithDiscardUnknownFields(true).ParseFrom(former.ToByteArray());
        stored.Definition = definition;
        return stored;
    }
}
