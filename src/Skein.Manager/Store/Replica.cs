using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using Skein.Manager.Etcd;
using Skein.Model;

namespace Skein.Manager.Store;

/// <summary>
/// The immutable snapshot, fed by one read of everything and then one watch. A watch that breaks goes on at the
/// revision after the last one seen; when etcd has compacted that away, everything is read again.
/// </summary>
internal sealed partial class Replica(EtcdClient etcd, KeyRing keys, TimeProvider time, ILogger log)
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(50);
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _loaded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ILogger _log = log;
    private readonly Repeats _repeats = new(time);
    private volatile Box _box = new(Snapshot.Empty);
    private bool _mustLoad = true;

    public Snapshot Current => _box.Value;

    public ChangeHistory History { get; } = new(time);

    public Task Loaded => _loaded.Task;

    /// <summary>Completes with a snapshot of at least this revision.</summary>
    public async Task<Snapshot> WaitAsync(ulong revision, CancellationToken cancel)
    {
        while (true)
        {
            var box = _box;
            if (box.Value.Revision >= revision) return box.Value;
            await box.Replaced.Task.WaitAsync(cancel);
        }
    }

    public async Task FollowAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                if (_mustLoad) await LoadAsync(stop);
                await WatchAsync(stop);
            }
            catch (Exception) when (stop.IsCancellationRequested)
            {
                break;
            }
            catch (Exception e)
            {
                // Whatever it was: who waits for the replica would wait for ever if it were followed no more.
                _mustLoad |= e is not RpcException;
                if (_repeats.IsNews(EtcdClient.Reason(e))) LogInterrupted(EtcdClient.Reason(e));
                await Task.Delay(RetryDelay, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
        _loaded.TrySetCanceled(stop);
    }

    private async Task LoadAsync(CancellationToken stop)
    {
        var request = new RangeRequest { Key = StoreKeys.Bytes(StoreKeys.Objects), RangeEnd = StoreKeys.EndOf(StoreKeys.Objects) };
        var reply = await etcd.Kv.RangeAsync(request, cancellationToken: stop);
        var builder = new SnapshotBuilder(Snapshot.Empty);
        LeaderTerm? leader = null;
        foreach (var kv in reply.Kvs)
        {
            if (kv.Key.Equals(ClaimKey)) leader = LeaderOf(kv);
            else ApplyObject(builder, kv, deleted: false);
        }
        var (old, now) = (Current, builder.Build((ulong)reply.Header.Revision, leader));
        Publish(now);
        // What is there at the first look has not happened now.
        if (old != Snapshot.Empty) History.AddBetween(old, now);
        _mustLoad = false;
        LogLoaded(reply.Kvs.Count, reply.Header.Revision);
        _loaded.TrySetResult();
    }

    private async Task WatchAsync(CancellationToken stop)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop);
        using var call = etcd.Watch.Watch(cancellationToken: ended.Token);
        try
        {
            await call.RequestStream.WriteAsync(EverythingAfter(Current.Revision), stop);
            await foreach (var response in call.ResponseStream.ReadAllAsync(stop))
            {
                if (response.Canceled)
                {
                    LogCanceled(response.CancelReason, response.CompactRevision);
                    _mustLoad |= response.CompactRevision != 0;
                    return;
                }
                if (response.Events.Count > 0) Apply(response.Events);
            }
        }
        finally
        {
            await ended.CancelAsync();
        }
    }

    private void Apply(IEnumerable<Event> events)
    {
        var now = Current;
        var builder = new SnapshotBuilder(now);
        var changed = new List<(ObjectKind Kind, string Id, IStoreObject? Before, IStoreObject? Now)>();
        var revision = now.Revision;
        var leader = now.Leader;
        foreach (var e in events)
        {
            var deleted = e.Type == Event.Types.EventType.Delete;
            revision = Math.Max(revision, (ulong)e.Kv.ModRevision);
            if (e.Kv.Key.Equals(ClaimKey)) leader = deleted ? null : LeaderOf(e.Kv);
            else if (ApplyObject(builder, e.Kv, deleted) is { } change) changed.Add(change);
        }
        Publish(builder.Build(revision, leader));
        foreach (var (kind, id, before, after) in changed) History.Add(kind, id, before, after);
    }

    /// <summary>What it was and is, for the history; null when it is not understood, or was only sealed anew.</summary>
    private (ObjectKind Kind, string Id, IStoreObject? Before, IStoreObject? Now)? ApplyObject(SnapshotBuilder builder, KeyValue kv, bool deleted)
    {
        var key = kv.Key.ToStringUtf8();
        if (!StoreKeys.TryParse(key, out var kind, out var id))
        {
            LogUnknown(key);   // of a newer version: kept, not understood
            return null;
        }
        var message = deleted ? null : kind.Decode(keys.Open(key, kv.Value.Span), kv.ModRevision, kv.CreateRevision);
        var before = builder.Find(kind, id);
        var version = message?.Meta!.Version ?? 0;
        var isSealedAnew = !deleted && version != (ulong)kv.ModRevision;
        var isUnchanged = isSealedAnew && before?.Meta?.Version == version;
        if (!isUnchanged) builder.Apply(new(kind, id, message, null));
        if (isSealedAnew) builder.NoteSealedAnew(kind, id, (ulong)kv.ModRevision);
        return isUnchanged ? null : (kind, id, before, message);
    }

    private static LeaderTerm LeaderOf(KeyValue claim) => new(claim.Value.ToStringUtf8(), (ulong)claim.ModRevision);

    /// <summary>The keys first: who sees the snapshot writes by them.</summary>
    private void Publish(Snapshot next)
    {
        if (next.StoreKey is { } key && key != Current.StoreKey) keys.Follow(key);
        lock (_lock)
        {
            var old = _box;
            _box = new(next);
            old.Replaced.SetResult();
        }
    }

    private static readonly ByteString ClaimKey = StoreKeys.Bytes(StoreKeys.LeaderClaim);

    private static WatchRequest EverythingAfter(ulong revision) => new()
    {
        CreateRequest = new()
        {
            Key = StoreKeys.Bytes(StoreKeys.Objects),
            RangeEnd = StoreKeys.EndOf(StoreKeys.Objects),
            StartRevision = (long)revision + 1,
        },
    };

    private sealed record Box(Snapshot Value)
    {
        public TaskCompletionSource Replaced { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
