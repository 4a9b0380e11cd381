using Skein.Hosting;
using Skein.Managing;
using Skein.NodeLife;
using Skein.Manager.Control;
using Skein.Manager.Logs;
using Skein.Model;

namespace Skein.Tests.Api;

/// <summary>The only manager of a swarm.</summary>
internal sealed class OneManager(ISwarmControl control) : ISwarmNode
{
    public LocalNodeState State => LocalNodeState.Active;

    public string Error => "";

    public string NodeId => "n1";

    public string NodeAddress => "192.0.2.1";

    public ISwarmControl Control => control;

    public ISwarmLogs? Logs => null;

    public bool LacksLeader => false;

    public Task SettleAsync(CancellationToken cancel) => Task.CompletedTask;

    public IReadOnlyList<ManagerPeer> Managers => [];

    public Task<string> InitAsync(SwarmInitRequest request, CancellationToken cancel) => throw new NotSupportedException();

    public Task JoinAsync(SwarmJoinRequest request, CancellationToken cancel) => throw new NotSupportedException();

    public Task LeaveAsync(bool force, CancellationToken cancel) => throw new NotSupportedException();

    public Task UnlockAsync(string key, CancellationToken cancel) => throw SwarmMessages.NotLocked();
}
