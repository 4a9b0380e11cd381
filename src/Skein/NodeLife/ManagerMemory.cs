using System.Text.Json;
using Skein.Model.Identity;

namespace Skein.NodeLife;

/// <summary>What a manager keeps on its disk beside what every node does. Its two keys are in one seal: a rotated unlock key takes one file, whole.</summary>
/// <param name="StoreKey">What every value in etcd is sealed with; empty where it is sealed itself.</param>
/// <param name="ClusterToken">Keeps etcd's members of different swarms apart.</param>
/// <param name="Members">etcd's members when this one was added; read only until it has data of its own.</param>
/// <param name="NodeSeal">What the node's private key is sealed with; null without autolock.</param>
/// <param name="Sealed">Both keys, under the swarm's unlock key.</param>
/// <param name="Forced">It is becoming a new cluster of one: what is left of that is done before anything else.</param>
internal sealed record ManagerMemory(
    byte[] StoreKey, string ClusterToken, bool NewCluster, IReadOnlyList<MemberMemory> Members, byte[]? NodeSeal = null, byte[]? Sealed = null, bool Forced = false)
{
    private const string Purpose = "manager keys";

    public ManagerMemory Shut(UnlockKey key)
    {
        var keys = JsonSerializer.SerializeToUtf8Bytes(new ManagerKeys(StoreKey, NodeSeal), SwarmMemoryJson.Default.ManagerKeys);
        return Sealed is not null ? this : this with { StoreKey = [], NodeSeal = null, Sealed = key.Seal(keys, Purpose) };
    }

    /// <summary>null when this is not the key.</summary>
    public ManagerMemory? Open(UnlockKey key)
    {
        if (Sealed is null) return this;
        if (key.Open(Sealed, Purpose) is not { } opened) return null;
        var keys = JsonSerializer.Deserialize(opened, SwarmMemoryJson.Default.ManagerKeys)!;
        return this with { StoreKey = keys.StoreKey, NodeSeal = keys.NodeSeal, Sealed = null };
    }
}
