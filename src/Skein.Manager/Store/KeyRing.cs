using System.Collections.Immutable;
using Google.Protobuf;
using Skein.Model;

namespace Skein.Manager.Store;

/// <summary>
/// The keys of the store that this manager has: most often one; while it is changed, the new one beside it. Which one writes are sealed
/// with is what the store's <see cref="StoreKey"/> says, and any of them opens. They lie on the disk as well; who keeps them there is told
/// of each change, and says when it is done.
/// </summary>
public sealed class KeyRing : IDisposable
{
    private readonly Lock _lock = new();

    /// <summary>Replaced under the lock; read by anybody.</summary>
    private volatile Holding _holding;

    /// <param name="keys">As they lie on the disk, the oldest first.</param>
    public KeyRing(IEnumerable<ReadOnlyMemory<byte>> keys)
    {
        ImmutableList<ValueSeal> seals = [.. keys.Select(key => new ValueSeal(key.Span))];
        _holding = new(seals, [.. seals.Select(seal => seal.Id)], new(seals[0], 0));
    }

    /// <summary>The oldest first.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Keys => [.. _holding.Seals.Select(seal => seal.Key)];

    internal Sealing Sealing => _holding.Sealing;

    /// <summary>Completes with the next change of the keys or of what is known to be on the disk.</summary>
    public Task Changed => _holding.Changed.Task;

    public ReadOnlyMemory<byte>? Find(string id) => _holding.Find(id)?.Key;

    /// <summary>It would be there after a power cut.</summary>
    public bool IsOnDisk(string id) => _holding.OnDisk.Contains(id);

    /// <summary>Nothing happens when it is there.</summary>
    public void Add(ReadOnlySpan<byte> key)
    {
        var seal = new ValueSeal(key);
        lock (_lock)
        {
            if (_holding.Find(seal.Id) is null) Replace(_holding with { Seals = _holding.Seals.Add(seal) });
        }
    }

    /// <summary>The disk has these by now, and no others.</summary>
    public void NoteOnDisk(IEnumerable<ReadOnlyMemory<byte>> keys)
    {
        ImmutableHashSet<string> ids = [.. keys.Select(key => ValueSeal.IdOfKey(key.Span))];
        lock (_lock)
        {
            if (!ids.SetEquals(_holding.OnDisk)) Replace(_holding with { OnDisk = ids });
        }
    }

    public void Dispose()
    {
        foreach (var seal in _holding.Seals) seal.Dispose();
    }

    /// <summary>As the state says from now on. Keys that it does not name are of no use to anybody.</summary>
    /// <exception cref="SealBrokenException">This manager does not have the key that is written with.</exception>
    internal void Follow(StoreKey state)
    {
        lock (_lock)
        {
            var current = _holding.Find(state.Current) ?? throw Missing(StoreKeys.Of(ObjectKind.StoreKey, state.Id));
            ImmutableList<ValueSeal> named = [.. _holding.Seals.Where(seal => seal.Id == state.Current || seal.Id == state.Next || state.Former.Contains(seal.Id))];
            var next = _holding with { Sealing = new(current, state.Meta!.Version) };
            // What is taken out is not disposed: somebody may be opening a value with it.
            if (named.Count == _holding.Seals.Count) _holding = next;
            else Replace(next with { Seals = named });
        }
    }

    /// <exception cref="SealBrokenException"/>
    internal byte[] Open(string etcdKey, ReadOnlySpan<byte> sealedValue) =>
        (_holding.Find(ValueSeal.IdOf(sealedValue)) ?? throw Missing(etcdKey)).Open(etcdKey, sealedValue);

    private static SealBrokenException Missing(string etcdKey) => new(etcdKey, "it was sealed with a key that this manager does not have");

    /// <summary>Who waits for the one before finds the new one.</summary>
    private void Replace(Holding next)
    {
        var before = _holding;
        _holding = next with { Changed = new(TaskCreationOptions.RunContinuationsAsynchronously) };
        before.Changed.SetResult();
    }

    private sealed record Holding(ImmutableList<ValueSeal> Seals, ImmutableHashSet<string> OnDisk, Sealing Sealing)
    {
        public TaskCompletionSource Changed { get; init; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public ValueSeal? Find(string id) => Seals.Find(seal => seal.Id == id);
    }
}
