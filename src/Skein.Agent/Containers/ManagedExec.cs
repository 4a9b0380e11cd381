using Skein.Agent.Containers.Io;

namespace Skein.Agent.Containers;

internal sealed class ManagedExec(ExecRecord record, ProcessIo io)
{
    private volatile ExecRecord record = record;
    private int started;

    public ExecRecord Record
    {
        get => record;
        set => record = value;
    }

    public ProcessIo Io { get; } = io;

    public DateTimeOffset? Ended { get; set; }

    public TaskCompletionSource<int> Exited { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>It runs, or could not be started.</summary>
    public TaskCompletionSource Begun { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>True for the first caller alone: an exec runs once.</summary>
    public bool TryStart() => Interlocked.Exchange(ref started, 1) == 0;
}
