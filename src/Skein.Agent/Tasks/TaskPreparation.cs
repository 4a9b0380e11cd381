using Microsoft.Extensions.Logging;
using Skein.Agent.Containers;
using Skein.Agent.Images;
using Skein.Agent.Networks;
using Skein.Model;

namespace Skein.Agent.Tasks;

/// <summary>Image, network and container of a task: the first two at the same time, the third on both.</summary>
/// <param name="waiting">Called with why, when it has to wait for a manager.</param>
internal sealed partial class TaskPreparation(TaskDependencies parts, Action<string> waiting, ILogger logger)
{
    private readonly ILogger _logger = logger;

    public async Task<(ContainerRecord Container, ImageRecord Image, ContainerNetwork Network)> PrepareAsync(SwarmTask task, string containerId, CancellationToken cancel)
    {
        var spec = parts.Containers.ExpandedSpec(task);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var image = FetchAsync(task, spec, stop.Token);
        var network = parts.Places.RunAsync(TaskStage.Network, () => parts.Networking.AttachAsync(parts.Containers.NetworkSpec(task, spec, containerId), stop.Token), stop.Token);
        try
        {
            // The first failure ends the other half: neither is of use alone.
            var first = await Task.WhenAny(image, network);
            await first;
            await Task.WhenAll(image, network);
            var definition = parts.Containers.Define(task, spec, containerId, await network);
            var container = await parts.Places.RunAsync(TaskStage.Create, () => parts.Engine.CreateAsync(definition, cancel), cancel);
            return (container, await image, await network);
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
        var credentials = new PullCredentials(parts.Contents, task, waiting);
        foreach (var mounted in spec.Mounts.Where(mount => mount.Type == "image").Select(mount => mount.Source).Distinct()) await FetchAsync(mounted, credentials, cancel);
        return await FetchAsync(spec.Image, credentials, cancel);
    }

    private async Task<ImageRecord> FetchAsync(string reference, PullCredentials credentials, CancellationToken cancel)
    {
        if (credentials.AreMissing && parts.Images.TryFind(reference) is { } here)
        {
            LogNotAsked(reference);
            return here;
        }
        return await new TaskImage(parts.Images, parts.Time, _logger).FetchAsync(reference, await credentials.GatherAsync(cancel), cancel);
    }

    private async Task UndoAsync(string containerId, Task image, Task network)
    {
        // Both have been told to stop; how they end no longer matters, but that they have ended does.
        await Task.WhenAll(image, network).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        await TaskRemoval.RemoveContainerAsync(parts.Engine, containerId);
        await parts.Networking.DetachAsync(containerId, CancellationToken.None);
    }

    [LoggerMessage(3255, LogLevel.Information, "image {Reference} is taken as it is here: no manager has told the credentials for its registry yet")]
    private partial void LogNotAsked(string reference);
}
