using System.Collections.Concurrent;
using Skein.Agent.Containerd.Types;
using Skein.Agent.Containers.Io;
using Skein.Agent.Containers.Logs;
using Skein.Agent.Containers.Oci;

namespace Skein.Agent.Containers;

/// <summary>One container in the engine's hands. What happens to it happens under its gate; its record is read without.</summary>
internal sealed class ManagedContainer(
    ContainerRecord record, IReadOnlyList<Mount> rootMounts, string stopSignal, ContainerLog log, ProcessIo io) : IDisposable
{
    private volatile ContainerRecord record = record;
    private volatile TaskCompletionSource<int> exited = NewExit();
    private volatile TaskCompletionSource healthTold = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource removed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Held from the first call to containerd until the state that follows from it is stored. Never waits for an exit.</summary>
    public SemaphoreSlim Gate { get; } = new(1);

    public ContainerRecord Record
    {
        get => record;
        set => record = value;
    }

    public string Id => record.Id;

    public bool Running => record.State.IsRunning;

    /// <summary>Nothing more is to come of it. One that was made and not started yet has everything before it.</summary>
    public bool Over => Removed.IsCompleted || record.State is { Status: ContainerStatus.Exited or ContainerStatus.Removing or ContainerStatus.Dead or ContainerStatus.Restarting } or { Status: ContainerStatus.Created, Error.Length: > 0 };

    public IReadOnlyList<Mount> RootMounts { get; } = rootMounts;

    public string StopSignal { get; } = stopSignal;

    public ContainerLog Log { get; } = log;

    public ProcessIo Io { get; } = io;

    public ConcurrentDictionary<string, ManagedExec> Execs { get; } = new();

    /// <summary>
    /// Held for the start of an exec. The shim starts one at a time as well, but while others wait for it there it hears of the ends of
    /// processes only in timeouts, that of the start itself too: fifty at once stood still for a minute (containerd 1.6). And for a pause: an
    /// exec that is being started is frozen half way, and its shim waits for it with the lock held that would thaw it. Taken before the gate.
    /// </summary>
    public SemaphoreSlim ExecStart { get; } = new(1);

    /// <summary>Ends the probes of the run that is; null while none are made.</summary>
    public CancellationTokenSource? Probing { get; set; }

    /// <summary>Completes when its health may have changed.</summary>
    public Task HealthTold => healthTold.Task;

    public void TellHealth() => Interlocked.Exchange(ref healthTold, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();

    /// <summary>The process of its spec, kept from the first exec on.</summary>
    public OciProcess? Process { get; set; }

    /// <summary>An earlier daemon made it: a start of it may be under way still.</summary>
    public bool TakenUp { get; init; }

    /// <summary>Set once, by whoever removes it.</summary>
    public bool Removing { get; set; }

    /// <summary>Its removal is under way, or has failed: nothing is done with it any more.</summary>
    public bool IsLeaving => Removing || record.State.Status == ContainerStatus.Dead;

    /// <summary>The next exit, whether it runs now or will be started later.</summary>
    public Task<int> NextExit => exited.Task;

    public Task Removed => removed.Task;

    public void CompleteExit(int exitCode) => Interlocked.Exchange(ref exited, NewExit()).TrySetResult(exitCode);

    /// <summary>It is in no list and on no disk any more: who has waited for that may take its name.</summary>
    public void CompleteRemoval() => removed.TrySetResult();

    public void Dispose()
    {
        TellHealth();
        Log.Dispose();
        exited.TrySetResult(record.State.ExitCode);
    }

    private static TaskCompletionSource<int> NewExit() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
