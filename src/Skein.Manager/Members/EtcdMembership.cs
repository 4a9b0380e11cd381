using System.Globalization;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using Skein.Manager.Etcd;
using Skein.Manager.Store;
using Skein.Model;

namespace Skein.Manager.Members;

/// <summary>etcd's members as the swarm's managers: a member bears its node's id as name.</summary>
public sealed partial class EtcdMembership : IAsyncDisposable
{
    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan ShortPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan SoonPromoted = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan AddDeadline = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Of one call. Raft drops a change of the members while another is on its way, and etcd tells nobody: without a deadline
    /// the caller would wait for ever.
    /// </summary>
    private static readonly TimeSpan CallDeadline = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan HandOverDeadline = TimeSpan.FromSeconds(1);

    /// <summary>A learner that has not caught up by then is taken out again: its host is gone.</summary>
    private static readonly TimeSpan PromoteDeadline = TimeSpan.FromMinutes(2);

    private readonly EtcdClient _etcd;
    private readonly EtcdProcess _process;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly SemaphoreSlim _one = new(1);
    private readonly CancellationTokenSource _stop = new();

    /// <summary>By member; under <see cref="_one"/>.</summary>
    private readonly Dictionary<ulong, Task> _promotions = [];

    public EtcdMembership(EtcdClient etcd, EtcdProcess process, string clusterToken, TimeProvider time, ILogger<EtcdMembership> log)
    {
        (_etcd, _process, ClusterToken, _time, _log) = (etcd, process, clusterToken, time, log);
    }

    internal string ClusterToken { get; }

    /// <summary>Adds a learner (again, when the node had been added before and asks anew), and lets it vote once it has caught up.</summary>
    internal async Task<(ulong MemberId, IReadOnlyList<InitialMember> All)> AddAsync(string nodeId, string peerUrl, CancellationToken cancel)
    {
        await _one.WaitAsync(cancel);
        try
        {
            await RemoveStaleAsync(nodeId, peerUrl, cancel);
            // etcd takes no second learner beside one whose manager did not live to promote it.
            foreach (var learner in (await ListAsync(cancel)).Where(member => member.IsLearner)) Promote(learner.ID);
            var all = await AddLearnerAsync(peerUrl, cancel);
            var added = all.First(member => member.PeerURLs.Contains(peerUrl)).ID;
            Promote(added);
            return (added, [.. all.Select(member => new InitialMember
            {
                Name = member.ID == added ? nodeId : member.Name,
                PeerUrl = member.PeerURLs[0],
            })]);
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>By the id it was added with, or by its name, which it has from its first start on: the first manager was never added.</summary>
    internal static bool IsOf(Member member, Node node) =>
        member.Name == node.Id || node.ManagerStatus?.MemberId == member.ID.ToString("x", CultureInfo.InvariantCulture);

    internal async Task<IReadOnlyList<Member>> ListAsync(CancellationToken cancel) =>
        (await RetryAsync(() => _etcd.Members.MemberListAsync(new(), Call(cancel)), cancel)).Members;

    /// <summary>Tells the others where this node's member is reached by now; nothing happens when they know.</summary>
    /// <returns>Whether it had to be told.</returns>
    public async Task<bool> MoveAsync(string nodeId, string peerUrl, CancellationToken cancel)
    {
        var own = (await ListAsync(cancel)).FirstOrDefault(member => member.Name == nodeId);
        if (own is null || own.PeerURLs is [var only] && only == peerUrl) return false;
        await RetryAsync(() => _etcd.Members.MemberUpdateAsync(new() { ID = own.ID, PeerURLs = { peerUrl } }, Call(cancel)), cancel);
        return true;
    }

    /// <summary>Takes the node's member out; nothing happens when it has none.</summary>
    public async Task RemoveMemberAsync(Node node, CancellationToken cancel)
    {
        foreach (var member in await ListAsync(cancel))
        {
            if (IsOf(member, node)) await RemoveAsync(member.ID, cancel);
        }
    }

    /// <summary>This manager's daemon ends: if it leads etcd, another member does from now on, so that no write waits for an election.</summary>
    public async Task HandOverAsync()
    {
        try
        {
            var deadline = _time.GetUtcNow() + HandOverDeadline;
            var status = await _etcd.Maintenance.StatusAsync(new(), deadline: deadline.UtcDateTime);
            if (status.Leader != status.Header.MemberId) return;
            var members = (await _etcd.Members.MemberListAsync(new(), deadline: deadline.UtcDateTime)).Members;
            var next = members.FirstOrDefault(member => member.ID != status.Leader && !member.IsLearner && member.Name.Length > 0);
            if (next is not null) await _etcd.Maintenance.MoveLeaderAsync(new() { TargetID = next.ID }, deadline: deadline.UtcDateTime);
        }
        catch (RpcException e)
        {
            LogNotHandedOver(EtcdClient.Reason(e));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_promotions.Values);
        _stop.Dispose();
        _one.Dispose();
    }

    /// <summary>
    /// A single member runs at a pace of its own; members of one cluster must share theirs, which takes a restart of this one. The new
    /// member leads meanwhile: an election, at the pace of several, would take up to 1.4 s. Until then this one is hasty: it gives up its
    /// lead when the new member is silent for 50 ms, and takes it again.
    /// </summary>
    private async Task QuickenAsync(CancellationToken stop)
    {
        if (!_process.IsAlone) return;
        await HandOverAsync();
        _process.ExpectCompany();
        await _process.WaitReadyAsync(_etcd, AddDeadline, stop);
    }

    private async Task RemoveStaleAsync(string nodeId, string peerUrl, CancellationToken cancel)
    {
        foreach (var member in await ListAsync(cancel))
        {
            if (member.Name == nodeId || member.PeerURLs.Contains(peerUrl)) await RemoveAsync(member.ID, cancel);
        }
    }

    private async Task RemoveAsync(ulong id, CancellationToken cancel)
    {
        try
        {
            await RetryAsync(() => _etcd.Members.MemberRemoveAsync(new() { ID = id }, Call(cancel)), cancel);
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.NotFound)
        {
            // it is gone: what was asked for
        }
    }

    /// <returns>All members, with the new one.</returns>
    private async Task<IReadOnlyList<Member>> AddLearnerAsync(string peerUrl, CancellationToken cancel)
    {
        var request = new MemberAddRequest { IsLearner = true, PeerURLs = { peerUrl } };
        try
        {
            // A member's id is a digest of its URL and the second: of one added and taken out in this second it would be the same, which
            // etcd does not take again, and calls a member that is not found.
            return (await RetryAsync(() => _etcd.Members.MemberAddAsync(request, Call(cancel)), cancel, StatusCode.NotFound)).Members;
        }
        catch (RpcException e) when (e.Status.Detail.Contains("already exist", StringComparison.Ordinal))
        {
            // Its URL or, within the same second, its id: by a call of ours whose answer came too late. Who had the URL before was taken out.
            return await ListAsync(cancel);
        }
    }

    /// <summary>In the background, unless it is on its way already.</summary>
    private void Promote(ulong memberId)
    {
        foreach (var done in _promotions.Where(p => p.Value.IsCompleted).ToList()) _promotions.Remove(done.Key);
        if (!_promotions.ContainsKey(memberId)) _promotions[memberId] = PromoteAsync(memberId, _stop.Token);
    }

    private async Task PromoteAsync(ulong memberId, CancellationToken stop)
    {
        var started = _time.GetTimestamp();
        var last = "";
        while (_time.GetElapsedTime(started) < PromoteDeadline)
        {
            try
            {
                // A daemon that ends between this and the restart starts its member at the new pace.
                _process.NoteCompany();
                await _etcd.Members.MemberPromoteAsync(new() { ID = memberId }, Call(stop));
                LogPromoted(memberId);
                await TryQuickenAsync(stop);
                return;
            }
            catch (RpcException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (RpcException e) when (e.StatusCode == StatusCode.NotFound || e.Status.Detail.Contains("not a learner", StringComparison.Ordinal))
            {
                return;   // removed, or promoted by another
            }
            catch (RpcException e)
            {
                last = EtcdClient.Reason(e);
            }
            // Its manager's join waits for it.
            var pause = _time.GetElapsedTime(started) < SoonPromoted ? ShortPause : RetryPause;
            await Task.Delay(pause, _time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        LogNotPromoted(memberId, last);
        try
        {
            await RemoveAsync(memberId, stop);
        }
        catch (Exception e) when (e is RpcException or OperationCanceledException)
        {
            LogNotPromoted(memberId, e.Message);
        }
    }

    private async Task TryQuickenAsync(CancellationToken stop)
    {
        try
        {
            await QuickenAsync(stop);
        }
        catch (Exception e) when (e is SkeinException or RpcException or OperationCanceledException)
        {
            // It is restarted all the same, by its supervision; or the manager ends.
            LogNotQuickened(e.Message);
        }
    }

    private CallOptions Call(CancellationToken cancel) => new(deadline: (_time.GetUtcNow() + CallDeadline).UtcDateTime, cancellationToken: cancel);

    /// <summary>
    /// etcd takes one learner at a time, waits for its members to be healthy for a change, and has no leader for a moment
    /// after one: each passes by itself.
    /// </summary>
    private async Task<T> RetryAsync<T>(Func<AsyncUnaryCall<T>> call, CancellationToken cancel, StatusCode? alsoPasses = null)
    {
        var started = _time.GetTimestamp();
        while (true)
        {
            try
            {
                return await call();
            }
            catch (RpcException e) when ((MayPass(e) || e.StatusCode == alsoPasses) && !cancel.IsCancellationRequested && _time.GetElapsedTime(started) < AddDeadline)
            {
                await Task.Delay(RetryPause, _time, cancel);
            }
        }
    }

    private static bool MayPass(RpcException e) =>
        EtcdClient.IsTransient(e)
        || e.Status.Detail.Contains("too many learner", StringComparison.Ordinal)
        || e.Status.Detail.Contains("unhealthy cluster", StringComparison.Ordinal);

    [LoggerMessage(2340, LogLevel.Information, "Member {Member:x} of the state has caught up and votes now")]
    private partial void LogPromoted(ulong member);

    [LoggerMessage(2341, LogLevel.Warning, "Member {Member:x} of the state has not caught up in time and is taken out: {Reason}")]
    private partial void LogNotPromoted(ulong member, string reason);

    [LoggerMessage(2343, LogLevel.Warning, "This manager's etcd is not back at the pace of several yet: {Reason}")]
    private partial void LogNotQuickened(string reason);

    [LoggerMessage(2342, LogLevel.Information, "The lead of the state's members was not handed over: {Reason}")]
    private partial void LogNotHandedOver(string reason);
}
