using Skein.Hosting;

namespace Skein.HostTests.Hosting;

/// <summary>A node without containers.</summary>
internal sealed class NoParts : INodeParts
{
    public void Start()
    {
    }

    public Task StopAsync() => Task.CompletedTask;

    public Task RemoveAllAsync(CancellationToken cancel) => Task.CompletedTask;
}
