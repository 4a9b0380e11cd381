using Skein.Hosting;
using Skein.Manager.Control;
using Skein.Manager.Logs;
using Skein.Model;

namespace Skein.Tests.Api;

/// <summary>A host that is a swarm's manager, with these verbs.</summary>
internal sealed class OneManager(ISwarmControl control) : ISwarmNode
{
    public LocalNodeState State => LocalNodeState.Active;

    public string Error => "";

    public string NodeId => "n1";

    public string NodeAddress => "";

    public ISwarmControl? Control => control;

    public ISwarmLogs? Logs => null;

    public bool LacksLeader => false;

    public IReadOnlyList<ManagerPeer> Managers => [];

    public Task<string> InitAsync(SwarmInitRequest request, CancellationToken cancel) => throw new NotSupportedException();

    public Task JoinAsync(SwarmJoinRequest request, CancellationToken cancel) => throw new NotSupportedException();

    public Task LeaveAsync(bool force, CancellationToken cancel) => throw new NotSupportedException();
}
