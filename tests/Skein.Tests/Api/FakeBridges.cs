using Microsoft.Extensions.Logging.Abstractions;
using Skein.Agent.Bridges;
using Skein.Agent.Networks;
using Skein.Model;
using Skein.Tests.Orchestration;

namespace Skein.Tests.Api;

/// <summary>The host's own networks as they are kept, without a kernel.</summary>
internal sealed class FakeBridges : IStandaloneNetworking, IHostNetworks
{
    private readonly LocalNetworks _networks;

    public FakeBridges(string folder)
    {
        _networks = new LocalNetworks(folder, SubnetPools.Dockers, new CountedIds(), TimeProvider.System, NullLoggerFactory.Instance) { Routes = static () => [] };
        _networks.EnsureGateway(static _ => []);
    }

    public IReadOnlyList<LocalNetwork> All => _networks.All;

    public Task<LocalNetwork> CreateNetworkAsync(LocalNetwork wanted, CancellationToken cancel) => Task.FromResult(_networks.Create(wanted));

    public Task RemoveNetworkAsync(string networkId, CancellationToken cancel)
    {
        _networks.Remove(networkId, static () => { });
        return Task.CompletedTask;
    }

    public string NamespacePathOf(string containerId) => "/run/spaces/" + containerId;

    public ContainerNetwork? Find(string containerId) => null;

    public StoredNetwork? NetworkOf(string network) => null;

    public void Check(StandaloneEndpoint endpoint)
    {
    }

    public Task<IReadOnlyList<string>> HostLinesAsync(IReadOnlyCollection<string> lines, CancellationToken cancel) => Task.FromResult<IReadOnlyList<string>>([.. lines]);

    public Task<ContainerNetwork> AttachAsync(ContainerDefinition definition, CancellationToken waiting, CancellationToken cancel) => throw new NotSupportedException();

    public Task DetachAsync(string containerId, bool returns, CancellationToken cancel) => Task.CompletedTask;

    public Task RecoverAsync(IReadOnlyCollection<ContainerDefinition> running, CancellationToken cancel) => Task.CompletedTask;

    public void Recovered()
    {
    }

    public Task<ContainerNetwork> ConnectAsync(ContainerDefinition running, StandaloneEndpoint endpoint, Func<Task> note, CancellationToken waiting, CancellationToken cancel) => throw new NotSupportedException();

    public Task RenameAsync(ContainerDefinition renamed, CancellationToken cancel) => Task.CompletedTask;

    public Task DisconnectAsync(ContainerDefinition running, string network, CancellationToken cancel) => throw new NotSupportedException();
}
