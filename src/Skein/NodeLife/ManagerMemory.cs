using System.Text.Json;
using System.Text.Json.Serialization;
using Skein.Model.Identity;

namespace Skein.NodeLife;

/// <summary>What a manager keeps on its disk beside what every node does. Its keys are in one seal: a rotated unlock key takes one file, whole.</summary>
/// <param name="StoreKey">What values in etcd are sealed with; empty where it is sealed itself.</param>
/// <param name="ClusterToken">Keeps etcd's members of different swarms apart.</param>
/// <param name="Members">etcd's members when this one was added; read only until it has data of its own.</param>
/// <param name="NodeSeal">What the node's private key is sealed with; null without autolock.</param>
/// <param name="LaterKeys">While the store's key is changed: those that come after it. null = none.</param>
/// <param name="Sealed">All keys, under the swarm's unlock key.</param>
/// <param name="Forced">It is becoming a new cluster of one: what is left of that is done before anything else.</param>
internal sealed record ManagerMemory(
    byte[] StoreKey, string ClusterToken, bool NewCluster, IReadOnlyList<MemberMemory> Members, byte[]? NodeSeal = null, byte[]? Sealed = null, bool Forced = false,
    IReadOnlyList<byte[]>? LaterKeys = null)
{
    private const string Purpose = "manager keys";

    /// <summary>Of the store, the oldest first.</summary>
    [JsonIgnore]
    public IReadOnlyList<byte[]> StoreKeys => [StoreKey, .. LaterKeys ?? []];

    public bool HasKeys(IReadOnlyList<ReadOnlyMemory<byte>> keys) =>
        keys.Count == StoreKeys.Count && keys.Zip(StoreKeys).All(pair => pair.First.Span.SequenceEqual(pair.Second));

    public ManagerMemory WithKeys(IReadOnlyList<ReadOnlyMemory<byte>> keys) => this with
    {
        StoreKey = keys[0].ToArray(),
        LaterKeys = keys.Count > 1 ? [.. keys.Skip(1).Select(key => key.ToArray())] : null,
    };

    public ManagerMemory Shut(UnlockKey key)
    {
        var keys = JsonSerializer.SerializeToUtf8Bytes(new ManagerKeys(StoreKey, NodeSeal, LaterKeys), SwarmMemoryJson.Default.ManagerKeys);
        return Sealed is not null ? this : this with { StoreKey = [], LaterKeys = null, NodeSeal = null, Sealed = key.Seal(keys, Purpose) };
    }

    /// <summary>null when this is not the key.</summary>
    public ManagerMemory? Open(UnlockKey key)
    {
        if (Sealed is null) return this;
        if (key.Open(Sealed, Purpose) is not { } opened) return null;
        var keys = JsonSerializer.Deserialize(opened, SwarmMemoryJson.Default.ManagerKeys)!;
        return this with { StoreKey = keys.StoreKey, LaterKeys = keys.LaterKeys, NodeSeal = keys.NodeSeal, Sealed = null };
    }
}
