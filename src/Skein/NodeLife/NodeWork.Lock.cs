using Skein.Manager.Store;
using Skein.Managing;
using Skein.Model;
using Skein.Model.Identity;

namespace Skein.NodeLife;

/// <summary>
/// Autolock. The swarm's unlock key stands in its state; on a manager's disk it seals the keys to that state and to the node's certificate.
/// A worker has nothing to hide from who has its disk but its own certificate: it is never locked.
/// </summary>
internal sealed partial class NodeWork
{
    private void Unlock(UnlockKey key)
    {
        var memory = Memory.Unlock(key) ?? throw SwarmMessages.WrongUnlockKey();
        var identity = LoadIdentity(memory)
            ?? throw new SkeinException(ErrorKind.Internal, $"swarm.json stands in {_options.SwarmFolder} without the node's certificate");
        // A daemon that was killed as it sealed the one may not have come to the other.
        identity.Save();
        _holdings = new(memory, identity, null);
        FollowAddress(memory);
    }

    /// <summary>An etcd that outlived a killed daemon has the keys, and ends.</summary>
    private void StartLocked()
    {
        EtcdProcess.EndLeftBehind(EtcdFolder);
        NodeIdentity.RemoveClear(_options.ClearFolder);
        _agent.Restore(Memory.NodeId);
    }

    private Task ServeAsync(CancellationToken cancel) =>
        Manager.ServeAsync(Memory.Listen, Identity, new(IsSealedBy, () => _tell(new LifeEvent.LockChanged()), _time), cancel);

    private void Seal()
    {
        var key = LockWatch.KeyOf(Manager.Store.Current);
        if (IsSealedBy(key)) return;
        if (key is null) Reveal(Memory);
        else KeepSealed(Memory with { UnlockKey = key });
        LogSealed(key is null ? "not sealed any more" : "sealed");
    }

    private bool IsSealedBy(UnlockKey? key) => key is null ? Memory.UnlockKey is null : key.IsSame(Memory.UnlockKey);

    /// <summary>The memory first: it has what the node's key is sealed with. What is read in between is read in the clear.</summary>
    private void KeepSealed(SwarmMemory memory)
    {
        if (memory.UnlockKey is not null && memory.Manager is { NodeSeal: null } manager)
        {
            var seal = new byte[UnlockKey.Size];
            _ids.Fill(seal);
            memory = memory with { Manager = manager with { NodeSeal = seal } };
        }
        Keep(memory);
        Identity.Seal(memory.Manager?.NodeSeal);
    }

    /// <summary>The node's key first, as long as there is what opens it.</summary>
    private void Reveal(SwarmMemory memory)
    {
        Identity.Seal(null);
        Keep(memory with { UnlockKey = null, Manager = memory.Manager is { } manager ? manager with { NodeSeal = null } : null });
    }
}
