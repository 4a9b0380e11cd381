namespace Skein.Agent.Tasks;

/// <summary>What of a task's making costs the host's processors, the last first: whoever is nearly there is let through.</summary>
internal enum TaskStage
{
    Start,
    Create,
    Network,
}
