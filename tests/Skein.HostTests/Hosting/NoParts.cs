using Skein.Hosting;
using Skein.Managing;
using Skein.NodeLife;
using Skein.Model;

namespace Skein.HostTests.Hosting;

/// <summary>A node without containers.</summary>
internal sealed class NoParts : INodeParts
{
    public void Start()
    {
    }

    public Task StopAsync() => Task.CompletedTask;

    public Task RemoveAllAsync(CancellationToken cancel) => Task.CompletedTask;

    public Task WhenProgrammedAsync(long generation, CancellationToken cancel) => Task.CompletedTask;

    public void NoteDrained(IEnumerable<string> taskIds)
    {
    }

    public Task PublishLogsAsync(LogSubscription wanted, Dispatcher.DispatcherClient manager, CancellationToken session) => Task.CompletedTask;
}
