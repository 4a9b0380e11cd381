using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;
using Skein.Manager.Etcd;
using Skein.Manager.Members;
using Skein.Manager.Store;
using Xunit;

namespace Skein.HostTests.Store;

/// <summary>etcd as the last one left of two, told that it is alone and killed in the midst of that.</summary>
public class ForcedClusterTests
{
    [Fact]
    public async Task Killed_as_soon_as_it_has_a_snapshot_it_gives_who_joins_all_that_it_has()
    {
        await using var members = await EtcdMembers.StartAsync(2);
        var (first, peers) = (members[0], new EtcdBootstrap("test", true, [.. members.All.Select(m => (m.Options.Name, m.Options.PeerUrl))]));
        for (var i = 0; i < 20; i++) await PutAsync(first, $"before{i}");
        foreach (var member in members.All) await member.KillAsync();
        Assert.False(EtcdSnapshots.AreKept(first.Options.DataFolder));

        var forced = Restart(peers with { Forced = true });
        await forced.Process.WaitReadyAsync(forced.Client, Poll.Patience, default);
        await Poll.UntilAsync(
            "a snapshot is kept",
            async () =>
            {
                if (forced.Process.HasSnapshot) return true;
                await PutAsync(forced, "meanwhile");
                return false;
            },
            kept => kept);
        await forced.KillAsync();

        var alone = Restart(peers);
        await alone.Process.WaitReadyAsync(alone.Client, Poll.Patience, default);
        Assert.Single((await alone.Client.Members.MemberListAsync(new())).Members);
        alone.Process.ExpectCompany();
        await alone.Process.WaitReadyAsync(alone.Client, Poll.Patience, default);
        await using var membership = new EtcdMembership(alone.Client, alone.Process, "test", TimeProvider.System, NullLogger<EtcdMembership>.Instance);
        var port = LoopbackPorts.Take();
        var (_, all) = await membership.AddAsync("m3", $"https://127.0.0.1:{port}", default);
        var third = members.Add("m3", port, new("test", false, [.. all.Select(m => (m.Name, m.PeerUrl))]), EtcdPace.Several);
        await third.Process.WaitReadyAsync(third.Client, Poll.Patience, default);
        await PutAsync(alone, "after");
        var has = await AllAsync(alone);
        // The last before the kill may be lost: who is forced knows of no commit that it had not written down.
        Assert.InRange(has.Count(key => key.StartsWith("before", StringComparison.Ordinal)), 18, 20);
        Assert.Contains(has, key => key.StartsWith("after", StringComparison.Ordinal));
        await Poll.UntilAsync("the third has the same", () => AllAsync(third), there => there.SequenceEqual(has));

        EtcdMember Restart(EtcdBootstrap bootstrap) => members.Add(first.Options.Name, first.Options.PeerListen.Port, bootstrap, EtcdPace.Several);
    }

    private static Task PutAsync(EtcdMember member, string key) =>
        member.Client.Kv.PutAsync(new() { Key = ByteString.CopyFromUtf8(key), Value = ByteString.CopyFromUtf8("x") }).ResponseAsync.WaitAsync(Poll.Patience);

    /// <summary>What this member has by itself, each key with its revision.</summary>
    private static async Task<string[]> AllAsync(EtcdMember member)
    {
        var all = new RangeRequest { Key = ByteString.CopyFrom(0), RangeEnd = ByteString.CopyFrom(0), Serializable = true };
        return [.. (await member.Client.Kv.RangeAsync(all)).Kvs.Select(kv => $"{kv.Key.ToStringUtf8()} {kv.ModRevision} {kv.Version}")];
    }
}
