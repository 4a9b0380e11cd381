namespace Skein.Agent.Tasks;

/// <summary>What is under way for a task; its end arrives as an event.</summary>
internal enum TaskWork
{
    None,
    Preparing,
    Starting,
    Draining,
    Stopping,
    Removing,
    /// <summary>Preparing was called off; its end is still awaited, since it may have made things.</summary>
    Cancelling,
}
