using System.Security.Cryptography;
using Google.Protobuf;
using Skein.Manager.Keys;
using Skein.Manager.Store;
using Skein.Model;
using Xunit;

namespace Skein.HostTests.Store;

/// <summary>The store's key is another from one write on; what was written before is sealed anew, and nobody sees a change by that.</summary>
public class SealSweepTests
{
    private const int Writers = 32;
    private const int WritesOfOne = 40;
    private static readonly byte[] s_next = RandomNumberGenerator.GetBytes(ValueSeal.KeySize);

    [Fact]
    public async Task What_is_sealed_anew_keeps_its_versions_and_is_written_by_them()
    {
        await using var members = await EtcdMembers.StartAsync(1);
        await using var store = await members[0].OpenStoreAsync();
        var term = await LeadAsync(members[0], store);
        var written = (await store.CommitAsync(EtcdStoreTests.Put(EtcdStoreTests.Service("s1", "web")), null, default)).Services.Find("s1")!;
        await InstallAsync(members[0], store, term);
        var before = store.Current;
        var (_, historyBefore, _) = store.History.ReadFrom(0);

        Assert.True(await store.SealAnewAsync(term, default));

        Assert.All(await ValuesAsync(members[0]), value => Assert.Equal(ValueSeal.IdOfKey(s_next), value.KeyId));
        var after = await store.WaitNewerAsync(before.Revision, default).WaitAsync(Poll.Patience);
        Assert.Same(written, after.Services.Find("s1"));
        Assert.Same(before.Services, after.Services);
        Assert.Equal(historyBefore, store.History.ReadFrom(0).Next);
        // Whoever reads it afresh finds the same versions.
        await using var other = await members[0].OpenStoreAsync();
        var (read, known) = (other.Current.Services.Find("s1")!, store.Current.Services.Find("s1")!);
        Assert.Equal(known, read);
        Assert.Equal(written.Meta.Version, read.Meta.Version);
        foreach (var (writer, name) in new[] { (store, "one"), (other, "two") })
        {
            var next = writer.Current.Services.Find("s1")!.Clone();
            next.Spec.Annotations.Name = name;
            next = (await writer.CommitAsync(EtcdStoreTests.Put(next), null, default)).Services.Find("s1")!;
            Assert.Equal((name, writer.Current.Revision), (next.Spec.Annotations.Name, next.Meta.Version));
            await Poll.UntilAsync("the other sees it", () => other.Current.Services.Find("s1")!.Spec.Annotations.Name == name, () => other.Current.Services.Find("s1")!.ToString());
        }
        await Assert.ThrowsAsync<SequenceConflictException>(() => store.CommitAsync(EtcdStoreTests.Put(written), null, default));
    }

    [Fact]
    public async Task A_former_key_opens_nothing_that_is_written_after_it()
    {
        await using var members = await EtcdMembers.StartAsync(1);
        await using var store = await members[0].OpenStoreAsync();
        var term = await LeadAsync(members[0], store);
        await InstallAsync(members[0], store, term);

        await store.CommitAsync(EtcdStoreTests.Put(EtcdStoreTests.Service("s2", "later")), null, default);
        await store.SealAnewAsync(term, default);
        await WriteAsync(store, KeyPlan.Swept(store.Current.StoreKey!), term);

        var former = new KeyRing([members.StoreKey]);
        Assert.All(await ValuesAsync(members[0]), value => Assert.Throws<SealBrokenException>(() => former.Open(value.Key, value.Bytes.Span)));
        await Poll.UntilAsync("the ring has the new key alone", () => members[0].Keys.Keys.Count == 1, () => "");
    }

    [Fact]
    public async Task Who_has_not_heard_of_the_new_key_writes_under_it_all_the_same()
    {
        await using var members = await EtcdMembers.StartAsync(1);
        await using var store = await members[0].OpenStoreAsync();
        var term = await LeadAsync(members[0], store);
        var late = new KeyRing([members.StoreKey]);
        await using var other = await EtcdStore.OpenAsync(members[0].Client, late, TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance, default);

        // Each write of the one races with the other's view of which key it is.
        var writing = Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(async () =>
        {
            for (var i = 0; i < WritesOfOne; i++) await other.CommitAsync(EtcdStoreTests.Put(EtcdStoreTests.Service($"late{writer}-{i}", $"late{i}")), null, default);
        })));
        await InstallAsync(members[0], store, term, late);
        var installed = store.Current.StoreKey!.Meta.Version;
        await writing.WaitAsync(Poll.Patience);

        var values = await ValuesAsync(members[0]);
        Assert.All(values.Where(value => value.Written > (long)installed), value => Assert.Equal(ValueSeal.IdOfKey(s_next), value.KeyId));
        Assert.Equal(Writers * WritesOfOne, other.Current.Services.Count);
    }

    [Fact]
    public async Task It_goes_on_while_others_write_what_it_seals()
    {
        await using var members = await EtcdMembers.StartAsync(1);
        await using var store = await members[0].OpenStoreAsync();
        var term = await LeadAsync(members[0], store);
        var changes = new Changes();
        for (var i = 0; i < 300; i++) changes.Put(EtcdStoreTests.Service($"s{i}", "0"));
        await store.CommitAsync(changes, null, default);
        await InstallAsync(members[0], store, term);

        using var stop = new CancellationTokenSource();
        var written = 0ul;
        var writing = Task.Run(async () =>
        {
            for (; !stop.IsCancellationRequested; written++)
            {
                var next = store.Current.Services.Find($"s{written % 300}")!.Clone();
                next.SpecVersion++;
                await CommitAsAnyLoopAsync(store, next.Id);
            }
        });
        Assert.True(await store.SealAnewAsync(term, default).WaitAsync(Poll.Patience));
        await stop.CancelAsync();
        await writing;

        Assert.True(written > 0);
        Assert.All(await ValuesAsync(members[0]), value => Assert.Equal(ValueSeal.IdOfKey(s_next), value.KeyId));
        Assert.Equal(written, store.Current.Services.All.Aggregate(0ul, (sum, service) => sum + service.SpecVersion));
    }

    private static async Task CommitAsAnyLoopAsync(EtcdStore store, string id)
    {
        while (true)
        {
            var seen = store.Current;
            var next = seen.Services.Find(id)!.Clone();
            next.SpecVersion++;
            try
            {
                await store.CommitAsync(EtcdStoreTests.Put(next), null, default);
                return;
            }
            catch (SequenceConflictException)
            {
                await store.WaitNewerAsync(seen.Revision, default);
            }
        }
    }

    private static async Task<LeaderTerm> LeadAsync(EtcdMember member, EtcdStore store)
    {
        var term = (await member.Claim.TakeAsync("m1", null, default))!.Value;
        await WriteAsync(store, KeyPlan.First(store.Current, ValueSeal.IdOfKey(member.Keys.Keys[0].Span), TimeProvider.System.GetUtcNow()), term);
        return term;
    }

    private static async Task InstallAsync(EtcdMember member, EtcdStore store, LeaderTerm term, KeyRing? other = null)
    {
        await store.CommitAsync(KeyPlan.Announced(store.Current, store.Current.StoreKey!, ValueSeal.IdOfKey(s_next), TimeProvider.System.GetUtcNow()), term, default);
        member.Keys.Add(s_next);
        other?.Add(s_next);
        var step = KeyPlan.Next(store.Current, "m1", id => member.Keys.Find(id) is not null, TimeProvider.System.GetUtcNow());
        await WriteAsync(store, Assert.IsType<KeyStep.Install>(step).Key, term);
    }

    private static async Task WriteAsync(EtcdStore store, StoreKey key, LeaderTerm term)
    {
        var changes = new Changes();
        changes.Put(key);
        await store.CommitAsync(changes, term, default).WaitAsync(Poll.Patience);
    }

    /// <summary>But for the claim, and for which key is the one.</summary>
    private static async Task<List<(string Key, string KeyId, ReadOnlyMemory<byte> Bytes, long Written)>> ValuesAsync(EtcdMember member)
    {
        var reply = await member.Client.Kv.RangeAsync(new() { Key = ByteString.CopyFromUtf8(StoreKeys.Objects), RangeEnd = StoreKeys.EndOf(StoreKeys.Objects) });
        return [.. reply.Kvs.Where(kv => !kv.Key.Equals(StoreKeys.LeaderClaimBytes) && !kv.Key.Equals(StoreKeys.StoreKeyBytes))
            .Select(kv => (kv.Key.ToStringUtf8(), ValueSeal.IdOf(kv.Value.Span), kv.Value.Memory, kv.ModRevision))];
    }
}
