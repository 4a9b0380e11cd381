using Microsoft.Extensions.Logging.Abstractions;
using Skein.Agent.Containers;
using Skein.Agent.Networks;
using Skein.Agent.Standalone;
using Skein.Model;

namespace Skein.HostTests.Containers;

/// <summary>Users' containers without a network, on an engine of their own.</summary>
internal sealed class StandaloneHost : IAsyncDisposable
{
    private readonly IStandaloneNetworking _networks;

    private StandaloneHost(EngineHost host, IStandaloneNetworking networks)
    {
        (Host, _networks) = (host, networks);
        Containers = NewContainers();
    }

    public EngineHost Host { get; }

    public ContainerEngine Engine => Host.Engine;

    public StandaloneContainers Containers { get; private set; }

    /// <param name="networks">null = none.</param>
    public static async Task<StandaloneHost> StartAsync(IStandaloneNetworking? networks = null) => new(await EngineHost.StartAsync(), networks ?? new NoNetworks());

    public async Task<string> CreateAsync(string name, Action<StandaloneSpec> wish, params string[] args)
    {
        var definition = EngineHost.Define(name, args);
        definition.Standalone = new() { NetworkMode = "none", IpcMode = "private" };
        wish(definition.Standalone);
        return (await Containers.CreateAsync(definition, default)).Id;
    }

    /// <summary>The daemon ends; <paramref name="meanwhile"/> happens; a new daemon takes up what it finds.</summary>
    public async Task RestartAsync(Func<Task> meanwhile)
    {
        Containers.Dispose();
        await Host.RestartEngineAsync(meanwhile);
        Containers = NewContainers();
        await Containers.RecoverAsync(default);
    }

    public async ValueTask DisposeAsync()
    {
        Containers.Dispose();
        await Host.DisposeAsync();
    }

    private StandaloneContainers NewContainers() => new(
        Host.Engine, Host.Images, _networks, Host.Options.ContainersFolder, "/etc/resolv.conf", new CryptoIdSource(), TimeProvider.System, NullLoggerFactory.Instance);
}
