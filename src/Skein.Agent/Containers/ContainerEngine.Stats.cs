using Skein.Agent.Containers.Stats;

namespace Skein.Agent.Containers;

public sealed partial class ContainerEngine
{
    private readonly StatsReader stats;

    public ContainerStats? ReadStats(string id)
    {
        var container = containers.Find(id);
        if (!container.Running)
            return null;
        try
        {
            return stats.Read(container.Record.State.Pid);
        }
        catch (IOException)
        {
            return null;   // it ends just now
        }
    }
}
