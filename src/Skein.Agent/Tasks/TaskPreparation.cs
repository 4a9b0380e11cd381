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
        var image = FetchAsync(task, spec, stop.Token);
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

    /// <summary>The container's own, after those it has mounted.</summary>
    private async Task<ImageRecord> FetchAsync(SwarmTask task, ContainerSpec spec, CancellationToken cancel)
    {
        var images = new TaskImage(parts.Images, parts.Time, logger);
        var auth = RegistryAuth.From(task.Spec.Container.RegistryAuth);
        foreach (var mounted in spec.Mounts.Where(mount => mount.Type == "image").Select(mount => mount.Source).Distinct()) await images.FetchAsync(mounted, auth, cancel);
        return await images.FetchAsync(spec.Image, auth, cancel);
    }

    private async Task UndoAsync(string containerId, Task image, Task network)
    {
        // Both have been told to stop; how they end no longer matters, but that they have ended does.
        await Task.WhenAll(image, network).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        await TaskRemoval.RemoveContainerAsync(parts.Engine, containerId);
        await parts.Networking.DetachAsync(containerId, CancellationToken.None);
    }
}
