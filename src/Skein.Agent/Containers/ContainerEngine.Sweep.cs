using Grpc.Core;
using Skein.Agent.Containers.Storage;
using Skein.Model;

namespace Skein.Agent.Containers;

/// <summary>
/// Takes away what belongs to no container of ours: after a daemon or a containerd that was killed half way, and after a call
/// that found no containerd to undo its work. What such a call had begun may end only later; so it is looked for again and
/// again, soon after the start and whenever containerd was away, seldom at rest.
/// </summary>
public sealed partial class ContainerEngine
{
    private static readonly TimeSpan FirstLook = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LookAtRest = TimeSpan.FromSeconds(30);

    // Completed when containerd was away.
    private volatile TaskCompletionSource lookSoon = NewPulse();

    private async Task KeepSweepingAsync(CancellationToken cancel)
    {
        var pause = FirstLook;
        while (!cancel.IsCancellationRequested)
        {
            try
            {
                if (await EndedWithinAsync(lookSoon.Task, pause, cancel))
                {
                    lookSoon = NewPulse();
                    pause = FirstLook;
                    continue;
                }
                await SweepAsync(cancel);
                pause = pause * 2 < LookAtRest ? pause * 2 : LookAtRest;
            }
            catch (RpcException error) when (!cancel.IsCancellationRequested)
            {
                LogSweepBroke(error.Status.Detail);
                pause = FirstLook;
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                LogSweepBroke(error.Message);
            }
            catch (Exception error) when (error is RpcException or OperationCanceledException && cancel.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private static TaskCompletionSource NewPulse() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>
    /// Everything is listed before it is asked who knows it: whatever is made is known before, and removed before it is forgotten.
    /// </summary>
    private async Task SweepAsync(CancellationToken cancel)
    {
        var shims = abandonedShims.FindAgain();
        var tasks = (await containerd.Tasks.ListAsync(new(), cancellationToken: cancel)).Tasks.Select(task => task.Id).ToHashSet();
        foreach (var id in tasks) await TrySweepAsync(id, () => SweepTaskAsync(id, cancel));
        var objects = (await containerd.Containers.ListAsync(new(), cancellationToken: cancel)).Containers.Select(container => container.Id);
        foreach (var orphan in objects.Concat(await OwnersOfSnapshotsAsync(cancel)).Distinct().Where(id => !containers.Contains(id)))
        {
            await TrySweepAsync(orphan, () => SweepObjectsAsync(orphan));
        }
        foreach (var (pid, id) in shims.Where(shim => !tasks.Contains(shim.Value))) await SweepShimAsync(pid, id, cancel);
        foreach (var id in memoryFiles.Owners().Union(sharedMemory.Owners())) await SweepMemoryAsync(id, cancel);
        emptyCgroups.Sweep(containers.Contains);
    }

    // What can't be removed is met again by the next look, and must not keep this one from the rest.
    private async Task TrySweepAsync(string id, Func<Task> sweep)
    {
        try
        {
            await sweep();
        }
        catch (RpcException error) when (error.StatusCode is not (StatusCode.Unavailable or StatusCode.Cancelled))
        {
            LogLeftBehind(id, error.Status.Detail);
        }
    }

    /// <summary>A task without a container, or of one that does not run: a start that was given up and came to its end all the same.</summary>
    private async Task SweepTaskAsync(string id, CancellationToken cancel)
    {
        using var held = await HoldAsync(id, cancel);
        if (held is { Container.Running: true } || (held is null && containers.Contains(id))) return;
        if (await DeleteTaskAsync(id)) LogSweptTask(id);
    }

    private async Task SweepObjectsAsync(string id)
    {
        if (await RemoveFromContainerdAsync(id, null)) LogSwept(id);
    }

    /// <summary>Secrets and shared memory of a container whose end no daemon saw.</summary>
    private async Task SweepMemoryAsync(string id, CancellationToken cancel)
    {
        using var held = await HoldAsync(id, cancel);
        if (held is { Container.Running: true }) return;
        memoryFiles.Remove(id);
        sharedMemory.Remove(id);
    }

    private async Task SweepShimAsync(int pid, string id, CancellationToken cancel)
    {
        using var held = await HoldAsync(id, cancel);
        // A start of the same container since the list was made has taken it over.
        if (held is { Container.Running: true }) return;
        LogSweptShim(id, pid);
        await Task.Run(() => abandonedShims.End(pid), cancel);
    }

    private async Task<IReadOnlyList<string>> OwnersOfSnapshotsAsync(CancellationToken cancel)
    {
        using var snapshots = containerd.Snapshots.List(
            new() { Snapshotter = Containerd.ContainerdClient.Snapshotter, Filters = { $"labels.\"{OwnerLabel}\"" } }, cancellationToken: cancel);
        var owners = new List<string>();
        await foreach (var batch in snapshots.ResponseStream.ReadAllAsync(cancel))
            owners.AddRange(batch.Info.Select(info => info.Labels[OwnerLabel]));
        return owners;
    }

    /// <summary>The container's gate is held until disposed; null when there is no such container (yet).</summary>
    private async Task<HeldContainer?> HoldAsync(string id, CancellationToken cancel)
    {
        if (containers.TryGet(id) is not { } container) return null;
        await container.Gate.WaitAsync(cancel);
        return new HeldContainer(container);
    }

    /// <summary>A container whose making was cut short: its record was written first, so that all it had got can be found.</summary>
    private async Task UnmakeAsync(StoredContainer unfinished)
    {
        LogUnfinished(unfinished.Definition.Id);
        await UnmakeAsync(unfinished.Definition);
    }

    private sealed class HeldContainer(ManagedContainer container) : IDisposable
    {
        public ManagedContainer Container { get; } = container;

        public void Dispose() => Container.Gate.Release();
    }
}
