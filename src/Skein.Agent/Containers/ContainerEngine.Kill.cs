using Grpc.Core;
using Skein.Agent.Containers.Processes;
using Skein.Model;

namespace Skein.Agent.Containers;

/// <summary>
/// The end of a container that nothing may hold up. containerd is asked first; its shim may stand still, though: it waits without end
/// for a pipe, or somebody has stopped it. The kernel needs neither of them.
/// </summary>
public sealed partial class ContainerEngine
{
    // containerd's share of a SIGKILL before the kernel is asked.
    private static readonly TimeSpan ShimPatience = TimeSpan.FromSeconds(3);

    private async Task KillAndWaitAsync(ManagedContainer container, Task<int> exit, CancellationToken cancel)
    {
        if (await TryKillAsync(container, cancel) && await EndedWithinAsync(exit, KillPatience, cancel)) return;
        LogKilledByKernel(container.Id);
        if (await IsKilledByKernelAsync(container, ShimPatience, cancel) && await EndedWithinAsync(exit, ShimPatience, cancel)) return;
        // Its processes may wait for the shim as well: what an exec started is the shim's child, and until that has asked for its exit
        // code the kernel keeps the container's first process, dead as it is.
        await EndShimAsync(container.Id);
        if (await EndedWithinAsync(exit, ShimPatience, cancel)) return;
        if (!await IsKilledByKernelAsync(container, KillPatience, cancel))
        {
            throw new SkeinException(
                ErrorKind.Internal, $"container {container.Id} PID {container.Record.State.Pid} did not end within {KillPatience.TotalSeconds} s of SIGKILL");
        }
        // It is over, whatever containerd makes of it.
        await EndAsync(container, exit, ForgottenExitCode, null, TimeSpan.Zero);
    }

    /// <returns>false when the shim didn't take it in time, or containerd is away.</returns>
    private async Task<bool> TryKillAsync(ManagedContainer container, CancellationToken cancel)
    {
        try
        {
            return await SignalAsync(container, Signals.Kill, cancel, ShimPatience);
        }
        catch (RpcException error) when (!cancel.IsCancellationRequested)
        {
            LogLeftBehind(container.Id, error.Status.Detail);
            return false;
        }
    }

    /// <summary>SIGKILL to all of it until none is left: a process may be starting another just now.</summary>
    private async Task<bool> IsKilledByKernelAsync(ManagedContainer container, TimeSpan patience, CancellationToken cancel)
    {
        var began = time.GetTimestamp();
        while (await Task.Run(() => ContainerProcesses.Kill(container.Id), cancel) > 0)
        {
            if (time.GetElapsedTime(began) > patience) return false;
            await Task.Delay(RetryDelay, time, cancel);
        }
        return true;
    }

    private async Task EndShimAsync(string id)
    {
        LogShimEnded(id);
        await Task.Run(() => abandonedShims.EndOf(id));
    }
}
