using Google.Protobuf;
using Skein.Manager.Store;
using Skein.Managing;
using Skein.Model;
using Skein.Model.Identity;
using Skein.NodeLife;
using Xunit;

namespace Skein.HostTests.Hosting;

/// <summary>The key of the managers' state is changed when somebody may know it who shall not.</summary>
public class StoreKeyTests
{
    [Fact]
    public async Task What_is_written_after_a_manager_was_demoted_its_key_does_not_open()
    {
        await using var hosts = new SwarmHosts();
        var (first, second, third) = await ThreeAsync(hosts);
        await WriteSecretAsync(first, "before");
        var former = KeysOf(third);
        Assert.Equal(former, KeysOf(first));

        await hosts.SetRoleAsync(first, third, NodeRole.Worker);
        await hosts.UntilAsync("the disks have another key, and no more than that", () => IsChanged(first, former) && IsChanged(second, former) && Same(first, second));

        await WriteSecretAsync(second, "after");
        await AssertOpensNothingAsync(first, former);
        Assert.Null(SwarmMemory.Read(third.Options.SwarmFolder)!.Manager);
        foreach (var host in (SwarmHost[])[first, second]) await host.RestartAsync();
        await hosts.UntilAsync("both read all of it", () => Secrets(first) == "after before" && Secrets(second) == "after before");
        await hosts.SetRoleAsync(first, third, NodeRole.Manager);
        await hosts.UntilAsync("it is a manager again, with the key of now", () => Secrets(third) == "after before" && Same(third, first));
    }

    [Fact]
    public async Task A_manager_that_is_down_is_waited_for_and_who_joins_meanwhile_gets_both()
    {
        await using var hosts = new SwarmHosts();
        var (first, second, third) = await ThreeAsync(hosts);
        var former = KeysOf(third);
        await third.StopAsync();

        await LockAsync(first);
        await hosts.UntilAsync("those that are there have the next key", () => Opened(first).Count == 2 && Opened(second).Count == 2);
        var fourth = await hosts.JoinAsync(first, NodeRole.Manager);
        await hosts.UntilAsync("the fourth has it too", () => fourth.Node.Control is not null && Opened(fourth, first).Count == 2);
        await WriteSecretAsync(fourth, "meanwhile");
        Assert.Equal(former[0], ValueSeal.IdOfKey(Opened(first)[0]));
        Assert.Equal(former[0], State(first).Current);

        await third.RestartAsync();
        await hosts.UntilAsync("all four have the new key alone", () => ((SwarmHost[])[first, second, third, fourth]).All(host => Opened(host, first) is [var only] && ValueSeal.IdOfKey(only) != former[0]));
        await AssertOpensNothingAsync(first, former);
        Assert.Equal("meanwhile", Secrets(third));
    }

    [Fact]
    public async Task When_the_leader_goes_in_the_midst_the_next_one_goes_on()
    {
        await using var hosts = new SwarmHosts();
        var (first, second, third) = await ThreeAsync(hosts);
        await hosts.UntilAsync("the first leads", () => first.Node.Control!.Snapshot.Leader is { } leader && leader.ManagerId == first.Node.NodeId);
        var former = KeysOf(third);
        await third.StopAsync();
        await LockAsync(first);
        await hosts.UntilAsync("both say that they have the next key", () => Saying(second, State(second).Next) == 2);
        var next = State(second).Next;
        var key = UnlockKey.Of(first.Node.Control!.Snapshot.Cluster!.UnlockKey.Span)!;
        await first.StopAsync();

        await third.RestartAsync();

        await hosts.UntilAsync("it is the key", () => second.Node.Control is { Snapshot.StoreKey: { } now } && now.Current == next && now.Former.Count == 0);
        await hosts.UntilAsync("the third has it", () => third.Node.Control is not null && Opened(third, second) is [var only] && ValueSeal.IdOfKey(only) == next);
        await WriteSecretAsync(second, "without-the-first");
        await AssertOpensNothingAsync(second, former);
        await first.RestartAsync();
        await first.Node.UnlockAsync(key.ToString(), default);
        await hosts.UntilAsync("the first reads what was written meanwhile", () => Secrets(first) == "without-the-first" && Opened(first).Count == 1);
    }

    [Fact]
    public async Task A_new_cluster_by_force_in_the_midst_goes_on_with_it()
    {
        await using var hosts = new SwarmHosts();
        var (first, second, third) = await ThreeAsync(hosts);
        await WriteSecretAsync(first, "kept");
        var former = KeysOf(first);
        await third.StopAsync();
        await LockAsync(first);
        await hosts.UntilAsync("both say that they have the next key", () => Saying(first, State(first).Next) == 2);
        await second.StopAsync();
        await hosts.UntilAsync("the first knows that it is cut off", () => first.Node.LacksLeader);

        await first.Node.InitAsync(first.InitRequest() with { ForceNewCluster = true }, default).WaitAsync(Poll.Patience);

        await hosts.UntilAsync("it has the new key alone", () => first.Node.Control is not null && Opened(first) is [var only] && ValueSeal.IdOfKey(only) != former[0]);
        await AssertOpensNothingAsync(first, former);
        // With the former key alone: its member is none any more, and it is given the key of now.
        await third.RestartAsync();
        await hosts.UntilAsync("the third is a manager of this cluster", () => Secrets(third) == "kept" && Opened(third, first).Count == 1);
    }

    private static async Task<(SwarmHost First, SwarmHost Second, SwarmHost Third)> ThreeAsync(SwarmHosts hosts)
    {
        var first = await hosts.InitAsync();
        var second = await hosts.JoinAsync(first, NodeRole.Manager);
        var third = await hosts.JoinAsync(first, NodeRole.Manager);
        await hosts.UntilAsync("all three serve, and it is written which key there is", () =>
            second.Node.Control is not null && third.Node.Control is not null && first.Node.Control!.Snapshot is { StoreKey: not null } seen
            && seen.Nodes.All.Count(node => node.ManagerStatus is not null) == 3 && seen.Of(ObjectKind.ManagerCertificate).Count == 3);
        return (first, second, third);
    }

    private static async Task LockAsync(SwarmHost host)
    {
        var cluster = host.Node.Control!.Snapshot.Cluster!;
        var spec = cluster.Spec.Clone();
        spec.AutolockManagers = true;
        await host.Node.Control.UpdateClusterAsync(cluster.Meta.Version, spec, false, false, false, default);
    }

    private static Task WriteSecretAsync(SwarmHost host, string name) =>
        host.Node.Control!.CreateAsync(ObjectKind.Secret, new DependencySpec { Annotations = new() { Name = name }, Data = ByteString.CopyFromUtf8("x") }, default).WaitAsync(Poll.Patience);

    private static string Secrets(SwarmHost host) => host.Node.Control is { } control
        ? string.Join(' ', control.Snapshot.Of(ObjectKind.Secret).All.Select(secret => secret.Spec.Annotations.Name).Order(StringComparer.Ordinal))
        : "";

    private static StoreKey State(SwarmHost host) => host.Node.Control!.Snapshot.StoreKey!;

    private static int Saying(SwarmHost host, string key) => key.Length == 0 ? 0 : host.Node.Control!.Snapshot.Of(ObjectKind.ManagerKey).All.Count(said => said.Key == key);

    /// <summary>Ids of those on its disk.</summary>
    private static IReadOnlyList<string> KeysOf(SwarmHost host) => [.. Opened(host).Select(key => ValueSeal.IdOfKey(key))];

    private static bool IsChanged(SwarmHost host, IReadOnlyList<string> former) => KeysOf(host) is [var only] && !former.Contains(only);

    private static bool Same(SwarmHost one, SwarmHost other) => KeysOf(one).SequenceEqual(KeysOf(other));

    /// <summary>What is on its disk, opened by the unlock key that the state has by now.</summary>
    private static IReadOnlyList<byte[]> Opened(SwarmHost host, SwarmHost? by = null)
    {
        if (SwarmMemory.Read(host.Options.SwarmFolder) is not { Manager: { } manager } memory) return [];
        if (!memory.IsLocked) return manager.StoreKeys;
        var key = (by ?? host).Node.Control?.Snapshot.Cluster is { } cluster ? UnlockKey.Of(cluster.UnlockKey.Span) : null;
        return key is not null && memory.Unlock(key) is { } opened ? opened.Manager!.StoreKeys : [];
    }

    /// <summary>Of all that etcd has, but for the leader's claim, which is not sealed.</summary>
    private static async Task AssertOpensNothingAsync(SwarmHost host, IReadOnlyList<string> former)
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
