using Microsoft.Extensions.Logging;
using Skein.Manager.Store;
using Skein.Model;
using Skein.Model.Identity;
using Skein.Model.Timing;

namespace Skein.Manager.Members;

/// <summary>
/// etcd reads the root that it trusts at its start, so a rotation of the CA takes a restart of each member: one after the other, and the
/// one that leads hands over first. Until a member has had its turn it accepts the others by the cross-signed certificates that they
/// present. See docs/decisions/0016.
/// </summary>
public sealed partial class EtcdTrust(
    IStore store, EtcdProcess process, EtcdClient etcd, EtcdMembership members, NodeIdentity identity, TimeProvider time, ILogger<EtcdTrust> log)
{
    private static readonly TimeSpan ReadyDeadline = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(1);

    private readonly NodeWriter _nodes = new(store);
    private readonly ILogger _log = log;

    public async Task RunAsync(CancellationToken cancel)
    {
        while (true)
        {
            var (seen, has) = (store.Current, identity.Current);
            var wanted = CertificatePem.DigestOf(has.RootPem);
            var self = has.Name.NodeId;
            if (process.Root == wanted)
            {
                await _nodes.ChangeAsync(self, node => Trusting(node, wanted), cancel);
                await WaitAsync(seen, has, cancel);
            }
            else if (EtcdTrustTurn.IsMine(seen, self, wanted))
            {
                LogTurn();
                await members.HandOverAsync();
                process.TrustRoot();
                await TryWaitReadyAsync(cancel);
            }
            else
            {
                await WaitAsync(seen, has, cancel);
            }
        }
    }

    private static Node? Trusting(Node node, string root)
    {
        if (node.ManagerStatus is not { } status || status.EtcdRoot == root) return null;
        var next = node.Clone();
        next.ManagerStatus.EtcdRoot = root;
        return next;
    }

    private Task WaitAsync(Snapshot seen, NodeCredentials has, CancellationToken cancel) => Sides.FirstAsync(
        cancel, over => store.WaitUntilOtherAsync(seen, over, s => s.Nodes), over => identity.WhenReplacedAsync(has, over));

    private async Task TryWaitReadyAsync(CancellationToken cancel)
    {
        try
        {
            await process.WaitReadyAsync(etcd, ReadyDeadline, cancel);
        }
        catch (SkeinException e)
        {
            LogNotReady(e.Message);
            await Task.Delay(RetryPause, time, cancel);
        }
    }

    [LoggerMessage(2361, LogLevel.Information, "It is this manager's turn to let its etcd trust the swarm's new root")]
    private partial void LogTurn();

    [LoggerMessage(2362, LogLevel.Warning, "etcd was started with the swarm's new root: {Reason}")]
    private partial void LogNotReady(string reason);
}
