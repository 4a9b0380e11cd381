using Microsoft.Extensions.Logging.Abstractions;
using Skein.Manager.Store;
using Skein.Model;
using Xunit;

namespace Skein.HostTests.Store;

public class EtcdUpkeepTests
{
    private const long Quota = 4 << 20;

    [Fact]
    public async Task A_state_whose_history_has_reached_the_quota_is_written_to_again()
    {
        await using var members = await EtcdMembers.StartAsync(1, Quota);
        await using var store = await members[0].OpenStoreAsync();
        await FillAsync(members[0]);
        await Assert.ThrowsAsync<Grpc.Core.RpcException>(() => PutAsync(members[0], "/filler"));

        using var stop = new CancellationTokenSource();
        var upkeep = new EtcdUpkeep(members[0].Client, Quota, TimeProvider.System, NullLogger.Instance).RunAsync(stop.Token);
        var snapshot = await store.CommitAsync(EtcdStoreTests.Put(EtcdStoreTests.Service("s1", "web")), null, default).WaitAsync(Poll.Patience);

        Assert.NotNull(snapshot.Services.Find("s1"));
        Assert.InRange((await members[0].Client.Maintenance.StatusAsync(new())).DbSize, 1, Quota / 2);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => upkeep);
    }

    [Fact]
    public async Task A_state_that_is_full_without_its_history_says_so_in_etcd_s_words()
    {
        await using var members = await EtcdMembers.StartAsync(1, Quota);
        await using var store = await members[0].OpenStoreAsync();
        await FillAsync(members[0], anotherKeyEach: true);
        var log = new RecentLog();

        await new EtcdUpkeep(members[0].Client, Quota, TimeProvider.System, log).LookAsync(default);
        var refused = await Assert.ThrowsAsync<SkeinException>(
            () => store.CommitAsync(EtcdStoreTests.Put(EtcdStoreTests.Service("s1", "web")), null, default).WaitAsync(Poll.Patience));

        Assert.Equal("rpc error: code = ResourceExhausted desc = etcdserver: mvcc: database space exceeded", refused.Message);
        Assert.Contains("nothing can be changed until", log.ToString());
    }

    /// <summary>Until etcd takes no more.</summary>
    private static async Task FillAsync(EtcdMember member, bool anotherKeyEach = false)
    {
        try
        {
            for (var i = 0; i < 400; i++) await PutAsync(member, anotherKeyEach ? $"/filler{i}" : "/filler");
        }
        catch (Grpc.Core.RpcException e) when (EtcdClient.IsOutOfSpace(e))
        {
            return;
        }
        Assert.Fail("etcd has taken more than its quota");
    }

    private static async Task PutAsync(EtcdMember member, string key) =>
        await member.Client.Kv.PutAsync(new() { Key = StoreKeys.Bytes(key), Value = Google.Protobuf.ByteString.CopyFrom(new byte[50_000]) });
}
