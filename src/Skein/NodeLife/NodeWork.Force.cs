using Skein.Model;

namespace Skein.NodeLife;

/// <summary>A manager that has lost the others becomes a cluster of one, with all that the swarm has.</summary>
internal sealed partial class NodeWork
{
    private void Force(SwarmInitRequest wish)
    {
        var (listen, advertise) = AddressesOf(wish);
        var found = Remember(Memory.NodeId, listen, advertise, wish.DataPathAddr, 0, []);
        var manager = Memory.Manager! with { Forced = true };
        Keep(found with { DataPathPort = Memory.DataPathPort, Manager = manager, UnlockKey = Memory.UnlockKey });
        LogForced(Memory.NodeId, Memory.Advertised.ToString());
    }

    private async Task TakeOverAsync(SwarmInitRequest? wish, CancellationToken cancel)
    {
        await Manager.TakeOverAsync(wish?.Spec ?? new(), cancel);
        Keep(Memory with { Manager = Memory.Manager! with { Forced = false } });
    }
}
