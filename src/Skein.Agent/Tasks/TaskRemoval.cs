using Skein.Agent.Containers;
using Skein.Model;

namespace Skein.Agent.Tasks;

internal static class TaskRemoval
{
    /// <summary>Removes a container that may not exist.</summary>
    public static async Task RemoveContainerAsync(IContainerEngine engine, string containerId)
    {
        try
        {
            await engine.RemoveAsync(containerId, force: true, volumesToo: true, CancellationToken.None);
        }
        catch (SkeinException error) when (error.Kind == ErrorKind.NotFound)
        {
            // That is what was wanted.
        }
    }
}
