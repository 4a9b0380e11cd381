using Skein.Model;

namespace Skein.Agent.Bridges;

/// <summary>The host's own networks, as Docker's commands speak of them. Errors are SkeinException in Docker's words.</summary>
public interface IHostNetworks
{
    IReadOnlyList<LocalNetwork> All { get; }

    /// <param name="wanted">Without id and time; what it leaves open is chosen.</param>
    Task<LocalNetwork> CreateNetworkAsync(LocalNetwork wanted, CancellationToken cancel);

    /// <param name="networkId">Id or name.</param>
    Task RemoveNetworkAsync(string networkId, CancellationToken cancel);
}
