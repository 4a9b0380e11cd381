using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Skein.Manager.Keys;
using Skein.Manager.Store;
using Skein.Model;
using Skein.Tests.Store;
using Xunit;

namespace Skein.Tests.Keys;

public sealed class KeyRotationTests : IDisposable
{
    private readonly MemoryStore _store = new();
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch);
    private readonly KeyRing _keys = new([new byte[ValueSeal.KeySize]]);
    private readonly CancellationTokenSource _stop = new();
    private int _sweeps;

    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
        _keys.Dispose();
    }

    /// <summary>An etcd that loses the last it had applied must not find what the former key alone opens, when the disks have it no more.</summary>
    [Fact]
    public async Task The_former_key_goes_some_time_after_the_last_that_it_sealed_was_sealed_anew()
    {
        var term = new LeaderTerm("m1", 1);
        _store.SetLeader(term);
        _store.Commit(changes => changes.Put(new Node { Id = "m1", Spec = new() { Role = NodeRole.Manager }, ManagerStatus = new() }));
        _store.Commit(changes => changes.Put(new Cluster { Id = "c", UnlockKey = Google.Protobuf.ByteString.CopyFrom(1) }));
        _ = new KeyRotation(_store, _keys, SweepAsync, "m1", _time, new CryptoIdSource(), NullLogger<KeyRotation>.Instance).RunAsync(term, _stop.Token);
        var begun = await _store.UntilAsync("it is written which key there is", seen => seen.StoreKey is not null);

        _store.Commit(changes => changes.Put(new Cluster(begun.Cluster!) { UnlockKey = Google.Protobuf.ByteString.CopyFrom(2) }));
        var announced = (await _store.UntilAsync("another is to follow", seen => seen.StoreKey!.Next.Length > 0)).StoreKey!;
        await Poll.UntilAsync("the leader has it", () => _keys.Find(announced.Next) is not null);
        Assert.False(_keys.IsOnDisk(announced.Next));
        _store.Commit(changes => changes.Put(new ManagerKey { Id = "m1", Key = announced.Next }));
        await Poll.UntilAsync("it is installed, and written anew after the pass", () => KeysWritten().Count(key => key.Current == announced.Next) == 2);
        Assert.Equal((1, announced.Current), (_sweeps, Assert.Single(_store.Current.StoreKey!.Former)));
        await Poll.UntilAsync("it goes when the time has passed", () =>
        {
            Assert.True(_store.Current.StoreKey!.Former.Count == 1 || _time.GetUtcNow() >= DateTimeOffset.UnixEpoch + TimeSpan.FromSeconds(10));
            _time.Advance(TimeSpan.FromSeconds(1));
            return _store.Current.StoreKey!.Former.Count == 0;
        });
    }

    private IEnumerable<StoreKey> KeysWritten() => _store.Commits.SelectMany(changes => changes).Select(change => change.Object).OfType<StoreKey>();

    private Task<bool> SweepAsync(LeaderTerm term, CancellationToken cancel)
    {
        _sweeps++;
        return Task.FromResult(true);
    }
}
