using Skein.Hosting;
using Skein.Managing;
using Skein.NodeLife;
using Skein.Manager.Control;
using Skein.Manager.Logs;
using Skein.Model;

namespace Skein.Tests.Api;

/// <summary>A host that is in no swarm.</summary>
internal sealed class NoSwarm : ISwarmNode
{
    public LocalNodeState State => LocalNodeState.Inactive;

    public string Error => "";

    public string NodeId => "";

    public string NodeAddress => "";

    public ISwarmControl? Control => null;

    public ISwarmLogs? Logs => null;

    public bool LacksLeader => false;

    public Task SettleAsync(CancellationToken cancel) => Task.CompletedTask;

    public IReadOnlyList<ManagerPeer> Managers => [];

    public Task<string> InitAsync(SwarmInitRequest request, CancellationToken cancel) => throw new NotSupportedException();

    public Task JoinAsync(SwarmJoinRequest request, CancellationToken cancel) => throw new NotSupportedException();

    public Task LeaveAsync(bool force, CancellationToken cancel) => throw new NotSupportedException();

    public Task UnlockAsync(string key, CancellationToken cancel) => throw SwarmMessages.NotLocked();
}
