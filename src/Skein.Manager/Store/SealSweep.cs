using Google.Protobuf;
using Grpc.Core;
using Skein.Manager.Etcd;
using Skein.Model;

namespace Skein.Manager.Store;

/// <summary>
/// One pass over all objects that seals with the key of now what is sealed with another. Nobody sees a change by it: the object keeps its
/// version, which is stored with it then (see <see cref="Snapshot.SealedAnew"/>). As every write compares which key is the one, nothing comes
/// under a former key behind the pass.
/// </summary>
internal sealed class SealSweep(EtcdClient etcd, KeyRing keys, TimeProvider time)
{
    /// <summary>The largest objects have 1.5 MiB.</summary>
    private const int ObjectsOfAPage = 50;
    private static readonly TimeSpan CallDeadline = TimeSpan.FromSeconds(10);

    /// <summary>Between two writes, for those that somebody waits for.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <returns>False when something is left that this version does not know.</returns>
    /// <exception cref="NotLeaderException"/>
    /// <exception cref="SequenceConflictException">The key was changed meanwhile.</exception>
    public async Task<bool> RunAsync(LeaderTerm term, CancellationToken cancel)
    {
        var (sealing, isClean) = (keys.Sealing, true);
        for (var from = StoreKeys.Bytes(StoreKeys.Objects); ;)
        {
            var page = await ReadAsync(from, cancel);
            var old = page.Kvs.Where(kv => IsSwept(kv.Key) && ValueSeal.IdOf(kv.Value.Span) != sealing.Seal.Id).ToList();
            var known = old.Where(kv => StoreKeys.TryParse(kv.Key.ToStringUtf8(), out _, out _)).ToList();
            isClean &= known.Count == old.Count;
            // Who is refused has been overtaken by a change of one of them: that is seen when the page is read again.
            if (known.Count > 0 && !await SealAsync(known, sealing, term, cancel)) continue;
            if (!page.More) return isClean;
            from = ByteString.CopyFrom([.. page.Kvs[^1].Key.Span, 0]);
        }
    }

    /// <summary>The claim is not sealed; and which key is the one is written anew after the pass, while all else compares when that was written.</summary>
    private static bool IsSwept(ByteString key) => !key.Equals(StoreKeys.LeaderClaimBytes) && !key.Equals(StoreKeys.StoreKeyBytes);

    private async Task<RangeResponse> ReadAsync(ByteString from, CancellationToken cancel)
    {
        var request = new RangeRequest { Key = from, RangeEnd = StoreKeys.EndOf(StoreKeys.Objects), Limit = ObjectsOfAPage };
        return await CallAsync(() => etcd.Kv.RangeAsync(request, deadline: Deadline, cancellationToken: cancel), cancel);
    }

    /// <summary>In as many transactions as their size takes; false when one was refused.</summary>
    private async Task<bool> SealAsync(IReadOnlyList<KeyValue> old, Sealing sealing, LeaderTerm term, CancellationToken cancel)
    {
        for (var done = 0; done < old.Count;)
        {
            var request = new TxnRequest { Compare = { EtcdCompare.Leads(term), EtcdCompare.IsSealedWith(sealing) } };
            for (var bytes = 0; done < old.Count && bytes < Changes.EnoughBytes; done++)
            {
                Add(request, old[done], sealing);
                bytes += old[done].Value.Length;
            }
            request.Failure.Add(new RequestOp { RequestRange = new() { Key = StoreKeys.LeaderClaimBytes } });
            request.Failure.Add(new RequestOp { RequestRange = new() { Key = StoreKeys.StoreKeyBytes } });
            var reply = await CallAsync(() => etcd.Kv.TxnAsync(request, deadline: Deadline, cancellationToken: cancel), cancel);
            await Task.Delay(Pause, time, cancel);
            if (reply.Succeeded) continue;
            if (!IsAt(reply.Responses[0], term.KeyRevision)) throw new NotLeaderException();
            if (!IsAt(reply.Responses[1], sealing.Version)) throw new SequenceConflictException();
            return false;
        }
        return true;
    }

    private void Add(TxnRequest request, KeyValue kv, Sealing sealing)
    {
        var name = kv.Key.ToStringUtf8();
        StoreKeys.TryParse(name, out var kind, out _);
        var unchanged = kind!.EncodeUnchanged(kind.Decode(keys.Open(name, kv.Value.Span), kv.ModRevision, kv.CreateRevision));
        request.Compare.Add(EtcdCompare.ModRevisionIs(kv.Key, kv.ModRevision));
        request.Success.Add(new RequestOp { RequestPut = new() { Key = kv.Key, Value = sealing.Seal.Seal(name, unchanged) } });
    }

    private static bool IsAt(ResponseOp found, ulong revision) => found.ResponseRange.Kvs is [var kv] && kv.ModRevision == (long)revision;

    private DateTime Deadline => (time.GetUtcNow() + CallDeadline).UtcDateTime;

    /// <summary>What was done although its answer was lost is not done again: it is sealed with the key of now then.</summary>
    private static async Task<T> CallAsync<T>(Func<AsyncUnaryCall<T>> call, CancellationToken cancel)
    {
        try
        {
            return await call();
        }
        catch (RpcException e) when (!cancel.IsCancellationRequested)
        {
            throw new SkeinException(ErrorKind.Unavailable, EtcdClient.Reason(e), e);
        }
    }
}
