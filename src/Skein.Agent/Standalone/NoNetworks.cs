using Skein.Agent.Networks;
using Skein.Model;

namespace Skein.Agent.Standalone;

/// <summary>A host that has no networks for its users' containers.</summary>
public sealed class NoNetworks : IStandaloneNetworking
{
    public string NamespacePathOf(string containerId) => throw Refusal();

    public ContainerNetwork? Find(string containerId) => null;

    public Task<ContainerNetwork> AttachAsync(ContainerDefinition definition, CancellationToken cancel) => throw Refusal();

    public Task DetachAsync(string containerId, CancellationToken cancel) => Task.CompletedTask;

    public Task RecoverAsync(IReadOnlyCollection<ContainerDefinition> running, CancellationToken cancel) => Task.CompletedTask;

    private static SkeinException Refusal() => SkeinException.NotImplemented("containers of `docker run` have no network yet: use --network none or --network host");
}
