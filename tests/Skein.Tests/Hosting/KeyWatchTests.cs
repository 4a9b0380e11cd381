using Google.Protobuf;
using Microsoft.Extensions.Time.Testing;
using Skein.Manager.Store;
using Skein.Managing;
using Skein.Model;
using Skein.Model.Identity;
using Skein.Tests.Store;
using Xunit;

namespace Skein.Tests.Hosting;

public sealed class KeyWatchTests : IDisposable
{
    private readonly MemoryStore _store = new();
    private readonly FakeTimeProvider _time = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly KeyRing _keys = new([new byte[ValueSeal.KeySize]]);
    private UnlockKey? _sealedBy;
    private int _keysOnDisk = 1;
    private int _asked;
    private int _told;

    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
        _keys.Dispose();
    }

    [Fact]
    public async Task What_is_not_sealed_as_the_state_says_is_told_until_it_is()
    {
        Change(1);
        _ = Run(IsSealedBy);
        await Poll.UntilAsync("it is told", () => Volatile.Read(ref _told) == 1);
        _time.Advance(KeyWatch.Again);
        await Poll.UntilAsync("it is told again", () => Volatile.Read(ref _told) == 2);

        Volatile.Write(ref _sealedBy, KeyWatch.KeyOf(_store.Current));
        _time.Advance(KeyWatch.Again);
        await Poll.UntilAsync("it has looked again", () => Volatile.Read(ref _asked) == 3);
        _time.Advance(KeyWatch.Again * 3);
        Change(2);
        await Poll.UntilAsync("another key is told", () => Volatile.Read(ref _told) == 3);
        Assert.Equal(4, Volatile.Read(ref _asked));
    }

    [Fact]
    public async Task What_else_changes_is_not_looked_at()
    {
        _ = Run(IsSealedBy);
        await Poll.UntilAsync("it has looked", () => Volatile.Read(ref _asked) == 1);
        for (var count = 1ul; count <= 3; count++) _store.Commit(c => c.Put(new ManagerBeat { Id = $"m{count}", Count = count }));
        Change(1);
        await Poll.UntilAsync("the key is told", () => Volatile.Read(ref _told) == 1);
        Assert.Equal(2, Volatile.Read(ref _asked));
    }

    [Fact]
    public async Task Who_runs_it_hears_of_its_failure() =>
        await Assert.ThrowsAsync<IOException>(() => Run(_ => throw new IOException("no disk")).WaitAsync(Poll.Patience));

    [Fact]
    public async Task Another_key_of_the_store_is_told_until_the_disk_has_it()
    {
        _ = Run(IsSealedBy);
        await Poll.UntilAsync("it has looked", () => Volatile.Read(ref _asked) == 1);
        _keys.Add(Enumerable.Repeat((byte)1, ValueSeal.KeySize).ToArray());
        await Poll.UntilAsync("it is told", () => Volatile.Read(ref _told) == 1);
        _time.Advance(KeyWatch.Again);
        await Poll.UntilAsync("it is told again", () => Volatile.Read(ref _told) == 2);

        Volatile.Write(ref _keysOnDisk, 2);
        _keys.NoteOnDisk(_keys.Keys);
        await Poll.UntilAsync("it has looked again", () => Volatile.Read(ref _asked) == 4);
        Assert.Equal(2, Volatile.Read(ref _told));
    }

    private bool Has(IReadOnlyList<ReadOnlyMemory<byte>> keys) => keys.Count == Volatile.Read(ref _keysOnDisk);

    private Task Run(Func<UnlockKey?, bool> isSealedBy) => new KeyWatch(isSealedBy, Has, () => Interlocked.Increment(ref _told), _time).RunAsync(_store, _keys, _stop.Token);

    private bool IsSealedBy(UnlockKey? key)
    {
        Interlocked.Increment(ref _asked);
        return key is null ? Volatile.Read(ref _sealedBy) is null : key.IsSame(Volatile.Read(ref _sealedBy));
    }

    private void Change(byte key)
    {
        var cluster = _store.Current.Cluster?.Clone() ?? new Cluster { Id = "cluster" };
        cluster.UnlockKey = ByteString.CopyFrom(Enumerable.Repeat(key, UnlockKey.Size).ToArray());
        _store.Commit(c => c.Put(cluster));
    }
}
