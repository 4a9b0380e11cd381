using Microsoft.Extensions.Logging;
using Skein.Manager.Store;
using Skein.Model;
using Skein.Model.Identity;
using Skein.Model.Timing;

namespace Skein.Manager.Members;

/// <summary>
/// Keeps etcd's port for peers to who is a manager. etcd knows the CA, a role in the certificate, and a list of serial numbers that it
/// reads at each handshake: so each certificate of a manager is written down when it is given, and stands in that list when its node is a
/// manager no more. Connections that are up at that moment are ended; those of the others are back within 100 ms.
/// </summary>
/// <param name="endConnections">Ends all connections to etcd's port for peers; false where the kernel cannot.</param>
public sealed partial class PeerDoor(
    IStore store, EtcdProcess process, EtcdMembership members, NodeIdentity identity, Func<bool> endConnections, TimeProvider time, ILogger<PeerDoor> log)
{
    private readonly ILogger _log = log;
    private IReadOnlyList<string>? _revoked;

    public async Task RunAsync(CancellationToken cancel)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        await Sides.UntilOneEndsAsync(ended, WriteOwnAsync(ended.Token), CloseAsync(ended.Token));
    }

    private async Task CloseAsync(CancellationToken cancel)
    {
        while (true)
        {
            var seen = store.Current;
            await CloseAsync(RevokedCertificates.Of(seen));
            await store.WaitUntilOtherAsync(seen, cancel, s => s.Nodes, s => s.Of(ObjectKind.ManagerCertificate));
        }
    }

    private async Task CloseAsync(IReadOnlyList<string> revoked)
    {
        if (_revoked is { } known && known.SequenceEqual(revoked)) return;
        process.Revoke(revoked);
        // What the file of an earlier run did not know may be connected: only an empty list has parted nobody.
        var news = revoked.Except(_revoked ?? []).ToList();
        if (news.Count > 0 && !endConnections())
        {
            await members.HandOverAsync();
            process.Restart("so that who is no manager any more is connected no longer");
        }
        // Last: what could not be ended is ended when this runs again.
        _revoked = revoked;
        if (news.Count > 0) LogRevoked(news.Count);
    }

    /// <summary>The swarm's first manager gave itself its certificate before there was a store; and whatever has expired goes.</summary>
    private async Task WriteOwnAsync(CancellationToken cancel)
    {
        while (true)
        {
            var (seen, has) = (store.Current, identity.Current);
            var (own, changes) = (RevokedCertificates.EntryOf(has.Certificate, has.Name.NodeId), new Changes());
            if (has.Name.Role == NodeRole.Manager && seen.Of(ObjectKind.ManagerCertificate).Find(own.Id) is null) changes.Put(own);
            var now = time.GetUtcNow();
            foreach (var old in seen.Of(ObjectKind.ManagerCertificate).All.Where(one => one.NotAfter.ToDateTimeOffset() < now))
                changes.Delete(ObjectKind.ManagerCertificate, old.Id);
            try
            {
                await store.CommitAsync(changes, null, cancel);
                await identity.WhenReplacedAsync(has, cancel);
            }
            catch (SequenceConflictException)
            {
                await store.WaitNewerAsync(seen.Revision, cancel);
            }
        }
    }

    [LoggerMessage(2360, LogLevel.Information, "{Count} certificates of who is no manager any more are taken of no peer from now on")]
    private partial void LogRevoked(int count);
}
