using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Skein.Agent.Networks;
using Skein.Agent.Session;
using Skein.Model;

namespace Skein.HostTests.Containers;

/// <summary>Networks of a swarm whose managers never answer, in a time that stands still; legs are none.</summary>
internal sealed class SlowSwarm : IStandaloneNetworking
{
    private readonly OverlayAttachments _attachments = new(new AssignmentState(), new CryptoIdSource(), new FakeTimeProvider(), NullLoggerFactory.Instance);

    public SlowSwarm() => _attachments.Begin(static () => true);

    /// <summary>Whether starts wait as well.</summary>
    public bool HoldsStarts { get; set; }

    /// <summary>Whether this host has heard of the networks.</summary>
    public bool IsKnown { get; set; } = true;

    /// <summary>Completes when somebody waits.</summary>
    public TaskCompletionSource Waits { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string NamespacePathOf(string containerId) => "";

    public ContainerNetwork? Find(string containerId) => null;

    public StoredNetwork? NetworkOf(string network) => IsKnown ? new() { Id = $"id of {network}", Name = network } : null;

    public Task<IReadOnlyList<string>> HostLinesAsync(IReadOnlyCollection<string> lines, CancellationToken cancel) => Task.FromResult<IReadOnlyList<string>>([.. lines]);

    public void Check(StandaloneEndpoint endpoint)
    {
    }

    public async Task<ContainerNetwork> AttachAsync(ContainerDefinition definition, CancellationToken waiting, CancellationToken cancel)
    {
        if (HoldsStarts) await WaitAsync(definition, definition.Standalone.Endpoints[0], waiting, cancel);
        foreach (var path in (string[])[definition.ResolvConfPath, definition.HostsPath, definition.HostnamePath]) await File.WriteAllTextAsync(path, "", cancel);
        return new("", definition.ResolvConfPath, definition.HostsPath, [], []);
    }

    public Task DetachAsync(string containerId, bool returns, CancellationToken cancel) => Task.CompletedTask;

    public Task RecoverAsync(IReadOnlyCollection<ContainerDefinition> running, CancellationToken cancel) => Task.CompletedTask;

    public void Recovered()
    {
    }

    public async Task<ContainerNetwork> ConnectAsync(ContainerDefinition running, StandaloneEndpoint endpoint, Func<Task> note, CancellationToken waiting, CancellationToken cancel)
    {
        await WaitAsync(running, endpoint, waiting, cancel);
        throw new InvalidOperationException("nobody gives legs here");
    }

    public Task RenameAsync(ContainerDefinition renamed, CancellationToken cancel) => Task.CompletedTask;

    public Task DisconnectAsync(ContainerDefinition running, string network, CancellationToken cancel) => throw new NotSupportedException();

    private Task WaitAsync(ContainerDefinition container, StandaloneEndpoint endpoint, CancellationToken waiting, CancellationToken cancel)
    {
        var given = _attachments.AttachAsync(container.Id, endpoint.Number, new() { Network = endpoint.Network, Names = { container.Name } }, waiting, cancel);
        Waits.TrySetResult();
        return given;
    }
}
