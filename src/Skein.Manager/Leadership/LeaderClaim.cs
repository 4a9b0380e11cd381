using Google.Protobuf;
using Grpc.Core;
using Skein.Manager.Etcd;
using Skein.Manager.Store;

namespace Skein.Manager.Leadership;

/// <summary>
/// The leader's claim and beat in etcd. Each of these is one transaction. They are not sealed: the claim bears a node's id, as etcd's list
/// of members does, and may stand for months, in which the store's key changes.
/// </summary>
internal sealed class LeaderClaim(EtcdClient etcd, TimeProvider time)
{
    private static readonly TimeSpan ShortestDeadline = TimeSpan.FromMilliseconds(400);
    private static readonly TimeSpan LongestDeadline = TimeSpan.FromSeconds(5);

    private readonly CallDeadline _deadline = new(ShortestDeadline, LongestDeadline);
    private readonly long _start = time.GetTimestamp();

    private static readonly ByteString ClaimKey = StoreKeys.Bytes(StoreKeys.LeaderClaim);
    private static readonly ByteString BeatKey = StoreKeys.Bytes(StoreKeys.LeaderBeat);

    /// <summary>A linearizable read: it answers only when most members do.</summary>
    public async Task<ClaimReading?> ReadAsync(CancellationToken cancel)
    {
        var request = new TxnRequest();
        request.Success.Add(new RequestOp { RequestRange = new() { Key = ClaimKey } });
        request.Success.Add(new RequestOp { RequestRange = new() { Key = BeatKey } });
        var reply = await SendAsync(request, cancel);
        if (reply.Responses[0].ResponseRange.Kvs is not [var claim]) return null;
        var beat = reply.Responses[1].ResponseRange.Kvs is [var b] ? b.ModRevision : 0;
        return new(claim.Value.ToStringUtf8(), claim.ModRevision, beat);
    }

    /// <summary>Takes the claim if claim and beat are still as read; null when another was quicker or the leader spoke up.</summary>
    public async Task<LeaderTerm?> TakeAsync(string self, ClaimReading? asRead, CancellationToken cancel)
    {
        var request = new TxnRequest();
        request.Compare.Add(EtcdCompare.ModRevisionIs(ClaimKey, asRead?.Revision ?? 0));
        if (asRead is not null) request.Compare.Add(EtcdCompare.ModRevisionIs(BeatKey, asRead.BeatRevision));
        request.Success.Add(new RequestOp { RequestPut = new() { Key = ClaimKey, Value = ByteString.CopyFromUtf8(self) } });
        var reply = await SendAsync(request, cancel);
        return reply.Succeeded ? new(self, (ulong)reply.Header.Revision) : null;
    }

    /// <summary>False when the term is over.</summary>
    public async Task<bool> BeatAsync(LeaderTerm term, CancellationToken cancel)
    {
        var request = new TxnRequest();
        request.Compare.Add(EtcdCompare.Leads(term));
        request.Success.Add(new RequestOp { RequestPut = new() { Key = BeatKey } });
        return (await SendAsync(request, cancel)).Succeeded;
    }

    /// <summary>Gives the claim back, so that another takes it at once.</summary>
    public async Task ResignAsync(LeaderTerm term, CancellationToken cancel)
    {
        var request = new TxnRequest();
        request.Compare.Add(EtcdCompare.Leads(term));
        request.Success.Add(new RequestOp { RequestDeleteRange = new() { Key = ClaimKey } });
        await SendAsync(request, cancel);
    }

    private TimeSpan Now => time.GetElapsedTime(_start);

    private async Task<TxnResponse> SendAsync(TxnRequest request, CancellationToken cancel)
    {
        var sent = Now;
        try
        {
            var reply = await etcd.Kv.TxnAsync(request, deadline: (time.GetUtcNow() + _deadline.Next(sent)).UtcDateTime, cancellationToken: cancel);
            _deadline.Answered(Now - sent, Now);
            return reply;
        }
        catch (RpcException e) when (EtcdClient.IsLate(e))
        {
            _deadline.Unanswered();
            throw;
        }
    }
}
