using Skein.Agent.Networks;
using Skein.Model;

namespace Skein.HostTests.Containers;

/// <summary>For containers that have none: nothing is made, and there is nothing to take away.</summary>
internal sealed class NoNetworks : IStandaloneNetworking
{
    public string NamespacePathOf(string containerId) => "";

    public ContainerNetwork? Find(string containerId) => null;

    public StoredNetwork? NetworkOf(string network) => null;

    public Task<ContainerNetwork> AttachAsync(ContainerDefinition definition, CancellationToken waiting, CancellationToken cancel) => throw new NotSupportedException();

    public Task DetachAsync(string containerId, bool returns, CancellationToken cancel) => Task.CompletedTask;

    public Task<IReadOnlyList<string>> HostLinesAsync(IReadOnlyCollection<string> lines, CancellationToken cancel) => Task.FromResult<IReadOnlyList<string>>([.. lines]);

    public void Check(StandaloneEndpoint endpoint)
    {
    }

    public void Recovered()
    {
    }

    public Task RecoverAsync(IReadOnlyCollection<ContainerDefinition> running, CancellationToken cancel) => Task.CompletedTask;

    public Task<ContainerNetwork> ConnectAsync(ContainerDefinition running, StandaloneEndpoint endpoint, Func<Task> note, CancellationToken waiting, CancellationToken cancel) => throw new NotSupportedException();

    public Task RenameAsync(ContainerDefinition renamed, CancellationToken cancel) => Task.CompletedTask;

    public Task DisconnectAsync(ContainerDefinition running, string network, CancellationToken cancel) => throw new NotSupportedException();
}
