using Skein.Manager.Drafts;
using Microsoft.Extensions.Logging;
using Skein.Manager.Store;
using Skein.Model;

namespace Skein.Manager.Orchestration;

public sealed partial class SwarmLoop
{
    /// <summary>What a person wants to know of a batch: updates that turn, and tasks that can't be had.</summary>
    private void LogOutcome(Snapshot before, Changes changes)
    {
        Wrote(changes.All.Count);
        foreach (var change in changes.All)
        {
            if (change.Object is Service { UpdateStatus: { } status } service && before.Services.Find(service.Id)?.UpdateStatus?.Message != status.Message)
                UpdateTurned(service.Name(), status.Message);
            else if (change.Object is SwarmTask { Note.Length: > 0 } noted && before.Tasks.Find(noted.Id)?.Note != noted.Note)
                TaskNoted(noted.Annotations?.Name ?? noted.Id, noted.Note);
            else if (change.Object is SwarmTask { Status: { State: <= TaskState.Pending, Err.Length: > 0 } } task && before.Tasks.Find(task.Id)?.Status?.Err != task.Status.Err)
                TaskWaits(task.Annotations?.Name ?? task.Id, task.Status.Err);
        }
    }

    [LoggerMessage(2101, LogLevel.Information, "control loop of manager {Manager} starts")]
    private partial void Started(string manager);

    [LoggerMessage(2102, LogLevel.Information, "control loop of manager {Manager} ends: its term as leader is over")]
    private partial void TermOver(string manager);

    [LoggerMessage(2103, LogLevel.Debug, "wrote {Count} objects")]
    private partial void Wrote(int count);

    [LoggerMessage(2104, LogLevel.Debug, "planned on revision {Revision}, which has been overtaken: planning again")]
    private partial void Conflict(ulong revision);

    [LoggerMessage(2105, LogLevel.Error, "a batch of the control loop failed, next try in {Backoff}")]
    private partial void BatchFailed(Exception failure, TimeSpan backoff);

    [LoggerMessage(2109, LogLevel.Error, "service {Service} cannot be planned: it is left as it is, all others are planned, and it is tried again when it changes and every minute")]
    private partial void NotPlanned(Exception fault, string service);

    [LoggerMessage(2114, LogLevel.Information, "service {Service} is planned again")]
    private partial void PlannedAgain(string service);

    [LoggerMessage(2106, LogLevel.Information, "service {Service}: {Message}")]
    private partial void UpdateTurned(string service, string message);

    [LoggerMessage(2108, LogLevel.Information, "task {Task}: {Note}")]
    private partial void TaskNoted(string task, string note);

    [LoggerMessage(2107, LogLevel.Warning, "task {Task} waits: {Reason}")]
    private partial void TaskWaits(string task, string reason);
}
