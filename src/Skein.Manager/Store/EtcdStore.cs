using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using Skein.Manager.Etcd;
using Skein.Model;
using Skein.Model.Timing;

namespace Skein.Manager.Store;

/// <summary>
/// The store on etcd: writes are one transaction each, reads come from the <see cref="Replica"/>.
/// </summary>
/// <remarks>
/// A transaction whose answer is lost (its leader died, the member restarted) may have been done or not. It is sent
/// again: each sealed value has a random nonce, so when the comparison fails because it had been done, the value found
/// is byte for byte the one sent, and no other writer's.
/// </remarks>
public sealed partial class EtcdStore : IStore, IAsyncDisposable
{
    /// <summary>
    /// Of the first attempt at least; each further one has twice the time. Short, because etcd forgets what it was asked while its
    /// leader died, and answers only after seven seconds. Longer where writes are seen to take longer.
    /// </summary>
    private static readonly TimeSpan FirstDeadline = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestFirstDeadline = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestDeadline = TimeSpan.FromSeconds(8);

    /// <summary>What the first deadline has more for each MiB: a request that is sent again while etcd still writes it makes it slower yet.</summary>
    private static readonly TimeSpan DeadlineOfAMiB = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan GiveUpAfter = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(50);

    private readonly EtcdClient _etcd;
    private readonly KeyRing _keys;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Replica _replica;
    private readonly Repeats _repeats;
    private readonly MeasuredDeadline _firstDeadline = new(factor: 3, LongestFirstDeadline);
    private readonly long _start;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _following;

    private EtcdStore(EtcdClient etcd, KeyRing keys, TimeProvider time, ILogger log)
    {
        (_etcd, _keys, _time, _log, _start) = (etcd, keys, time, log, time.GetTimestamp());
        _repeats = new(time);
        _replica = new(etcd, keys, time, log);
        _following = _replica.FollowAsync(_stop.Token);
    }

    public Snapshot Current => _replica.Current;

    public ChangeHistory History => _replica.History;

    /// <summary>Opens the store and completes when its replica shows what etcd holds.</summary>
    public static async Task<EtcdStore> OpenAsync(EtcdClient etcd, KeyRing keys, TimeProvider time, ILogger log, CancellationToken cancel)
    {
        var store = new EtcdStore(etcd, keys, time, log);
        try
        {
            await store._replica.Loaded.WaitAsync(cancel);
            return store;
        }
        catch
        {
            await store.DisposeAsync();
            throw;
        }
    }

    public Task<Snapshot> WaitNewerAsync(ulong revision, CancellationToken cancel) => _replica.WaitAsync(revision + 1, cancel);

    public async Task<Snapshot> CommitAsync(Changes changes, LeaderTerm? term, CancellationToken cancel)
    {
        if (changes.IsEmpty) return Current;
        var request = BuildTransaction(changes, term, out var witness);
        var started = _time.GetTimestamp();
        var isFull = false;
        var ofSize = DeadlineOfAMiB * request.CalculateSize() / (1 << 20);
        var first = _firstDeadline.At(Now, FirstDeadline) + ofSize;
        for (var deadline = first; ; deadline = deadline * 2 < LongestDeadline ? deadline * 2 : LongestDeadline)
        {
            var left = GiveUpAfter - _time.GetElapsedTime(started);
            var sent = Now;
            var (reply, why) = await TryTransactionAsync(request, deadline < left ? deadline : left, cancel);
            if (reply is not null)
            {
                _firstDeadline.Note(Now - sent - ofSize, Now);
                var revision = reply.Succeeded ? reply.Header.Revision : CommittedBefore(reply, witness);
                if (revision is { } done) return await _replica.WaitAsync((ulong)done, cancel);
                RequireLeading(reply, term);
                await _replica.WaitAsync((ulong)KeyVersionIn(reply), cancel);
                var sentCompares = request.Compare;
                request = BuildTransaction(changes, term, out witness);
                if (request.Compare.Equals(sentCompares)) throw new SequenceConflictException();
                // It was not done, for what is sealed with what: the key was changed meanwhile, or what it changes was sealed anew.
                continue;
            }
            isFull |= EtcdClient.IsOutOfSpace(why!);
            if (_time.GetElapsedTime(started) > GiveUpAfter) throw isFull ? RpcError.OutOfSpace() : RpcError.NoLeader();
            await Task.Delay(RetryDelay, _time, cancel);
        }
    }

    /// <summary>Seals with the key of now what is sealed with another; true when nothing is left of that.</summary>
    /// <exception cref="SequenceConflictException">The key was changed meanwhile.</exception>
    public Task<bool> SealAnewAsync(LeaderTerm term, CancellationToken cancel) => new SealSweep(_etcd, _keys, _time).RunAsync(term, cancel);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _following;
        _stop.Dispose();
    }

    private TimeSpan Now => _time.GetElapsedTime(_start);

    /// <summary>No reply when the answer was lost, or the members have no leader at the moment: then why.</summary>
    private async Task<(TxnResponse? Reply, RpcException? Why)> TryTransactionAsync(TxnRequest request, TimeSpan deadline, CancellationToken cancel)
    {
        try
        {
            return (await _etcd.Kv.TxnAsync(request, deadline: (_time.GetUtcNow() + deadline).UtcDateTime, cancellationToken: cancel), null);
        }
        catch (RpcException e) when (EtcdClient.IsTransient(e) && !cancel.IsCancellationRequested)
        {
            if (_repeats.IsNews(EtcdClient.Reason(e))) LogRetry(EtcdClient.Reason(e));
            return (null, e);
        }
        catch (RpcException) when (cancel.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancel);
        }
    }

    private TxnRequest BuildTransaction(Changes changes, LeaderTerm? term, out PutRequest? witness)
    {
        var request = new TxnRequest();
        var (now, sealing, seen) = (_time.GetUtcNow(), _keys.Sealing, _replica.Current);
        witness = null;
        request.Compare.Add(EtcdCompare.IsSealedWith(sealing));
        if (term is { } t) request.Compare.Add(EtcdCompare.Leads(t));
        foreach (var (kind, id, version) in changes.Required)
            request.Compare.Add(EtcdCompare.ModRevisionIs(StoreKeys.Bytes(StoreKeys.Of(kind, id)), (long)seen.WrittenAt(kind, id, version)));
        foreach (var change in changes.All)
        {
            var name = StoreKeys.Of(change.Kind, change.Id);
            var key = StoreKeys.Bytes(name);
            if (change.ExpectedVersion is { } expected) request.Compare.Add(EtcdCompare.ModRevisionIs(key, (long)seen.WrittenAt(change.Kind, change.Id, expected)));
            if (change.Object is null)
            {
                request.Success.Add(new RequestOp { RequestDeleteRange = new() { Key = key } });
                continue;
            }
            var put = new PutRequest { Key = key, Value = sealing.Seal.Seal(name, change.Kind.Encode(change.Object, now)) };
            request.Success.Add(new RequestOp { RequestPut = put });
            witness ??= put;
        }
        request.Failure.Add(Read(StoreKeys.LeaderClaimBytes));
        request.Failure.Add(Read(StoreKeys.StoreKeyBytes));
        if (witness is not null) request.Failure.Add(Read(witness.Key));
        return request;
    }

    /// <summary>The comparison failed. The revision when that is because this very transaction had been done before.</summary>
    private static long? CommittedBefore(TxnResponse reply, PutRequest? witness) =>
        witness is not null && reply.Responses[2].ResponseRange.Kvs is [var found] && found.Value.Equals(witness.Value) ? found.ModRevision : null;

    private static void RequireLeading(TxnResponse reply, LeaderTerm? term)
    {
        if (term is not { } t) return;
        if (reply.Responses[0].ResponseRange.Kvs is not [var claim] || claim.ModRevision != (long)t.KeyRevision) throw new NotLeaderException();
    }

    private static long KeyVersionIn(TxnResponse reply) => reply.Responses[1].ResponseRange.Kvs is [var key] ? key.ModRevision : 0;

    private static RequestOp Read(ByteString key) => new() { RequestRange = new() { Key = key } };
}
