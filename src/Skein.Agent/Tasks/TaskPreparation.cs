using Microsoft.Extensions.Logging;
using Skein.Agent.Containers;
using Skein.Agent.Images;
using Skein.Agent.Networks;
using Skein.Model;

namespace Skein.Agent.Tasks;

/// <summary>Image, network and container of a task: the first two at the same time, the third on both.</summary>
internal sealed class TaskPreparation(TaskDependencies parts, ILogger logger)
{
    public async Task<(ImageRecord Image, ContainerNetwork Network)> PrepareAsync(SwarmTask task, string containerId, CancellationToken cancel)
    {
        var spec = parts.Containers.ExpandedSpec(task);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var image = new TaskImage(parts.Images, parts.Time, logger).FetchAsync(spec.Image, RegistryAuth.From(task.Spec.Container.RegistryAuth), stop.Token);
        var network = parts.Networking.AttachAsync(parts.Containers.NetworkSpec(task, spec, containerId), stop.Token);
        try
        {
            // The first failure ends the other half: neither is of use alone.
            var first = await Task.WhenAny(image, network);
            await first;
            await Task.WhenAll(image, network);
            await parts.Engine.CreateAsync(parts.Containers.Define(task, spec, containerId, await network), cancel);
            return (await image, await network);
        }
        catch
        {
            await stop.CancelAsync();
            await UndoAsync(containerId, image, network);
            throw;
        }
    }

    private async Task UndoAsync(string containerId, Task image, Task network)
    {
        // Both have been told to stop; how they end no longer matters, but that they have ended does.
        await Task.WhenAll(image, network).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        await TaskRemoval.RemoveContainerAsync(parts.Engine, containerId);
        await parts.Networking.DetachAsync(containerId, CancellationToken.None);
    }
}
