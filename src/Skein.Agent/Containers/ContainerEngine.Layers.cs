using Skein.Agent.Containers.Oci;
using Skein.Model;

namespace Skein.Agent.Containers;

/// <summary>A container's layers, for who makes an image of them.</summary>
public sealed partial class ContainerEngine
{
    public async Task<T> ReadLayersAsync<T>(string id, bool pause, Func<IReadOnlyList<string>, Func<bool>, Task<T>> work, CancellationToken cancel)
    {
        var container = FindWhole(id, "commit");
        var mounts = container.RootMounts[0];
        var folders = RootLayers.Of(mounts.Type, mounts.Source, mounts.Options).Folders;
        if (!container.Running)
        {
            using (await HoldAsync(container, cancel))
            {
                if (!container.Running) return await work(folders, () => true);
            }
        }
        var paused = pause && await TryPauseAsync(container.Id, cancel);
        try
        {
            return await work(folders, () => !container.Removing && !container.Removed.IsCompleted);
        }
        finally
        {
            if (paused) await ResumeAsync(container.Id);
        }
    }

    /// <returns>false when it is paused already, or has ended.</returns>
    private async Task<bool> TryPauseAsync(string id, CancellationToken cancel)
    {
        try
        {
            await PauseAsync(id, byDaemon: true, cancel);
            return true;
        }
        catch (SkeinException error) when (error.Kind == ErrorKind.Conflict)
        {
            return false;
        }
    }

    /// <summary>Whatever became of the work.</summary>
    private async Task ResumeAsync(string id)
    {
        try
        {
            await UnpauseAsync(id, CancellationToken.None);
        }
        catch (SkeinException error) when (error.Kind is ErrorKind.Conflict or ErrorKind.NotFound)
        {
            // It was killed, or resumed by a user.
        }
    }

    /// <summary>One whose files are all there.</summary>
    /// <param name="purpose">"export", "commit": for the refusal.</param>
    private ManagedContainer FindWhole(string id, string purpose)
    {
        var container = containers.Find(id);
        if (container.Record.State.Status == ContainerStatus.Dead) throw SkeinException.Conflict($"You cannot {purpose} container {container.Id} which is Dead");
        if (container.Removing) throw SkeinException.Conflict($"You cannot {purpose} container {container.Id} which is being removed");
        return container;
    }
}
