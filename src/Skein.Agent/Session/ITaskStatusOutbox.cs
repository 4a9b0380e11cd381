using Skein.Model;

namespace Skein.Agent.Session;

/// <summary>Where Tasks leaves what it observed; the session delivers it, and keeps it until a manager has stored it.</summary>
public interface ITaskStatusOutbox
{
    /// <summary>Replaces an undelivered status of the same task.</summary>
    void Report(string taskId, SwarmTaskStatus status);
}
