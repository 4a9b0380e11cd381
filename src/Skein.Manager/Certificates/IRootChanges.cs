using Skein.Model;

namespace Skein.Manager.Certificates;

/// <summary>What an update of the swarm makes of its CA.</summary>
public interface IRootChanges
{
    /// <summary>The CA as it is to be; the same when nothing of it is to change.</summary>
    /// <exception cref="SkeinException">What is asked for cannot be, in swarmkit's words.</exception>
    Task<RootCa> NextAsync(Cluster current, CaConfig? wanted, CancellationToken cancel);
}
