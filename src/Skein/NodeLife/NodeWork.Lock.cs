using Skein.Manager.Store;
using Skein.Managing;
using Skein.Model;
using Skein.Model.Identity;

namespace Skein.NodeLife;

/// <summary>
/// A manager's keys on its disk. Which keys the store has its state and the other managers tell (see docs/decisions/0018).
/// With autolock the swarm's unlock key, which stands in its state, seals these keys and the one of the node's certificate.
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
        Manager.ServeAsync(Memory.Listen, Identity, new(IsSealedBy, HasKeys, () => _tell(new LifeEvent.KeysChanged()), _time), cancel);

    /// <summary>The unlock key of now, and the store's keys that there are by then: none that is newer than the unlock key lies under an older one.</summary>
    private void Seal()
    {
        var keys = Manager.Keys.Keys;
        var key = KeyWatch.KeyOf(Manager.Store.Current);
        var memory = Memory with { Manager = Memory.Manager!.WithKeys(keys) };
        if (!IsSealedBy(key))
        {
            if (key is null) Reveal(memory);
            else KeepSealed(memory with { UnlockKey = key });
            LogSealed(key is null ? "not sealed any more" : "sealed");
        }
        else if (!HasKeys(keys))
        {
            Keep(memory);
        }
        Manager.Keys.NoteOnDisk(keys);
    }

    private bool HasKeys(IReadOnlyList<ReadOnlyMemory<byte>> keys) => Memory.Manager is { } manager && manager.HasKeys(keys);

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
