using Google.Protobuf;
using Skein.Manager.Store;
using Skein.Managing;
using Skein.Model;
using Skein.Model.Identity;
using Skein.NodeLife;
using Xunit;

namespace Skein.HostTests.Hosting;

/// <summary>Three managers whose state's key is changed, and what of it lies on their disks and in etcd.</summary>
internal static class ThreeManagers
{
    public static async Task<(SwarmHost First, SwarmHost Second, SwarmHost Third)> ThreeAsync(SwarmHosts hosts)
    {
        var first = await hosts.InitAsync();
        var second = await hosts.JoinAsync(first, NodeRole.Manager);
        var third = await hosts.JoinAsync(first, NodeRole.Manager);
        await hosts.UntilAsync("all three serve, and it is written which key there is", () =>
            second.Node.Control is not null && third.Node.Control is not null && first.Node.Control!.Snapshot is { StoreKey: not null } seen
            && seen.Nodes.All.Count(node => node.ManagerStatus is not null) == 3 && seen.Of(ObjectKind.ManagerCertificate).Count == 3);
        return (first, second, third);
    }

    public static async Task LockAsync(SwarmHost host)
    {
        var cluster = host.Node.Control!.Snapshot.Cluster!;
        var spec = cluster.Spec.Clone();
        spec.AutolockManagers = true;
        await host.Node.Control.UpdateClusterAsync(cluster.Meta.Version, spec, false, false, false, default);
    }

    public static Task WriteSecretAsync(SwarmHost host, string name) =>
        host.Node.Control!.CreateAsync(ObjectKind.Secret, new DependencySpec { Annotations = new() { Name = name }, Data = ByteString.CopyFromUtf8("x") }, default).WaitAsync(Poll.Patience);

    public static string Secrets(SwarmHost host) => host.Node.Control is { } control
        ? string.Join(' ', control.Snapshot.Of(ObjectKind.Secret).All.Select(secret => secret.Spec.Annotations.Name).Order(StringComparer.Ordinal))
        : "";

    public static StoreKey State(SwarmHost host) => host.Node.Control!.Snapshot.StoreKey!;

    public static int Saying(SwarmHost host, string key) => key.Length == 0 ? 0 : host.Node.Control!.Snapshot.Of(ObjectKind.ManagerKey).All.Count(said => said.Key == key);

    /// <summary>Ids of those on its disk.</summary>
    public static IReadOnlyList<string> KeysOf(SwarmHost host) => [.. Opened(host).Select(key => ValueSeal.IdOfKey(key))];

    public static bool IsChanged(SwarmHost host, IReadOnlyList<string> former) => KeysOf(host) is [var only] && !former.Contains(only);

    public static bool Same(SwarmHost one, SwarmHost other) => KeysOf(one).SequenceEqual(KeysOf(other));

    /// <summary>What is on its disk, opened by the unlock key that the state has by now.</summary>
    public static IReadOnlyList<byte[]> Opened(SwarmHost host, SwarmHost? by = null)
    {
        if (SwarmMemory.Read(host.Options.SwarmFolder) is not { Manager: { } manager } memory) return [];
        if (!memory.IsLocked) return manager.StoreKeys;
        var key = (by ?? host).Node.Control?.Snapshot.Cluster is { } cluster ? UnlockKey.Of(cluster.UnlockKey.Span) : null;
        return key is not null && memory.Unlock(key) is { } opened ? opened.Manager!.StoreKeys : [];
    }

    /// <summary>Of all that etcd has, but for the leader's claim, which is not sealed.</summary>
    public static async Task AssertOpensNothingAsync(SwarmHost host, IReadOnlyList<string> former)
    {
        var memory = SwarmMemory.Read(host.Options.SwarmFolder)!;
        if (memory.IsLocked) memory = memory.Unlock(UnlockKey.Of(host.Node.Control!.Snapshot.Cluster!.UnlockKey.Span)!)!;
        var identity = NodeIdentity.Load(Path.Combine(host.Options.SwarmFolder, "certificates"), TimeProvider.System, null, memory.Manager!.NodeSeal)!;
        using var etcd = new EtcdClient(Path.Combine(ManagerSettings.EtcdFolderOf(host.Options.SwarmFolder), EtcdOptions.SocketName), identity);
        var reply = await etcd.Kv.RangeAsync(new() { Key = StoreKeys.Bytes(StoreKeys.Objects), RangeEnd = StoreKeys.EndOf(StoreKeys.Objects) });
        Assert.All(reply.Kvs.Where(kv => !kv.Key.Equals(StoreKeys.LeaderClaimBytes)), kv => Assert.DoesNotContain(ValueSeal.IdOf(kv.Value.Span), former));
        Assert.Contains(reply.Kvs, kv => kv.Key.ToStringUtf8().StartsWith(StoreKeys.Objects + "secret/", StringComparison.Ordinal));
    }
}
