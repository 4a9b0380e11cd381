using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.Logging;
using Skein.Manager.Members;
using Skein.Manager.Store;
using Skein.Model;
using Skein.Model.Timing;

namespace Skein.Manager.Keys;

/// <summary>
/// Every manager's part in changing the store's key: it asks for the one that is to follow, and when that is on its disk, it
/// says so in the state. A key never is in the state itself: who has a former key and later gets hold of etcd's files would find the next
/// one in their history, and so each one after it.
/// </summary>
/// <param name="openChannel">To another manager's ip:port; disposed here.</param>
public sealed partial class KeyHolder(
    IStore store, KeyRing keys, string self, Func<string, GrpcChannel> openChannel, TimeProvider time, ILogger<KeyHolder> log)
{
    private static readonly TimeSpan AskDeadline = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(1);

    private readonly Repeats _repeats = new(time);
    private readonly ILogger _log = log;

    public async Task RunAsync(CancellationToken cancel)
    {
        while (true)
        {
            var (seen, changed) = (store.Current, keys.Changed);
            if (await TryKeepAsync(seen, cancel)) await Sides.FirstAsync(cancel, over => WaitOtherAsync(seen, over), changed.WaitAsync);
            else await Task.Delay(RetryPause, time, cancel);
        }
    }

    /// <summary>What it has said may be taken back for it: who adds it to the managers does so.</summary>
    private Task<Snapshot> WaitOtherAsync(Snapshot seen, CancellationToken cancel) =>
        store.WaitUntilOtherAsync(seen, cancel, s => s.StoreKey, s => s.Of(ObjectKind.ManagerKey));

    /// <summary>False when it is to be tried again.</summary>
    private async Task<bool> TryKeepAsync(Snapshot seen, CancellationToken cancel)
    {
        if (seen.StoreKey is not { Next: { Length: > 0 } next }) return true;
        if (keys.Find(next) is null) return await TryFetchAsync(seen, next, cancel);
        return !keys.IsOnDisk(next) || await TrySayAsync(seen, next, cancel);
    }

    private async Task<bool> TrySayAsync(Snapshot seen, string key, CancellationToken cancel)
    {
        var said = seen.Of(ObjectKind.ManagerKey).Find(self);
        if (said?.Key == key) return true;
        var changes = new Changes();
        changes.Put(new ManagerKey { Id = self, Meta = said?.Meta?.Clone(), Key = key });
        try
        {
            await store.CommitAsync(changes, null, cancel);
            return true;
        }
        catch (SequenceConflictException)
        {
            // Another is to follow by now.
            return false;
        }
    }

    private async Task<bool> TryFetchAsync(Snapshot seen, string id, CancellationToken cancel)
    {
        foreach (var addr in Asked(seen))
        {
            if (await TryFetchAsync(addr, id, cancel)) return true;
        }
        return false;
    }

    /// <summary>The leader, which has made it; where this manager leads by now, those that have it.</summary>
    private IEnumerable<string> Asked(Snapshot seen)
    {
        var leader = seen.Leader is { } term ? seen.Nodes.Find(term.ManagerId) : null;
        return KeyPlan.Having(seen).Prepend(leader)
            .Where(node => node is { ManagerStatus.Addr.Length: > 0 } && node.Id != self)
            .Select(node => node!.ManagerStatus.Addr)
            .Distinct(StringComparer.Ordinal);
    }

    private async Task<bool> TryFetchAsync(string addr, string id, CancellationToken cancel)
    {
        try
        {
            using var channel = openChannel(addr);
            var reply = await new Membership.MembershipClient(channel).GetStoreKeyAsync(
                new() { Id = id }, deadline: (time.GetUtcNow() + AskDeadline).UtcDateTime, cancellationToken: cancel);
            if (reply.Key.Length != ValueSeal.KeySize || ValueSeal.IdOfKey(reply.Key.Span) != id)
                throw new RpcException(new(StatusCode.DataLoss, $"what it gave is not the key {id}"));
            keys.Add(reply.Key.Span);
            return true;
        }
        catch (RpcException e) when (!cancel.IsCancellationRequested)
        {
            if (_repeats.IsNews(EtcdClient.Reason(e))) LogNotFetched(id, addr, EtcdClient.Reason(e));
            return false;
        }
    }

    [LoggerMessage(2375, LogLevel.Information, "The store's next key {Id} cannot be had of {Manager} yet: {Reason}")]
    private partial void LogNotFetched(string id, string manager, string reason);
}
