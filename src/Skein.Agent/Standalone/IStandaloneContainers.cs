using Skein.Agent.Containers;
using Skein.Model;

namespace Skein.Agent.Standalone;

/// <summary>What users do with containers; errors are SkeinException in Docker's words, NotModified for what is so already.</summary>
public interface IStandaloneContainers
{
    /// <param name="definition">Without an id; its owner is the user.</param>
    Task<ContainerRecord> CreateAsync(ContainerDefinition definition, CancellationToken cancel);

    Task StartAsync(string idOrName, CancellationToken cancel);

    /// <param name="grace">null = its own.</param>
    Task StopAsync(string idOrName, TimeSpan? grace, string? signal, CancellationToken cancel);

    Task RestartAsync(string idOrName, TimeSpan? grace, string? signal, CancellationToken cancel);

    Task KillAsync(string idOrName, string signal, CancellationToken cancel);

    Task RemoveAsync(string idOrName, bool force, bool volumesToo, CancellationToken cancel);

    Task RenameAsync(string idOrName, string name, CancellationToken cancel);

    /// <summary>`docker network connect`: one more leg, at once where it runs, and at each start.</summary>
    /// <returns>The container's id.</returns>
    Task<string> ConnectAsync(string idOrName, StandaloneEndpoint endpoint, CancellationToken cancel);

    /// <param name="network">Id or name.</param>
    /// <returns>The container's id.</returns>
    Task<string> DisconnectAsync(string idOrName, string network, CancellationToken cancel);

    /// <param name="change">Limits and restart policy; it is given a copy.</param>
    Task UpdateAsync(string idOrName, Func<ContainerDefinition, ContainerDefinition> change, CancellationToken cancel);
}
