using Grpc.Core;
using Microsoft.Extensions.Logging;
using Skein.Manager.Store;
using Skein.Model;

namespace Skein.Manager.Certificates;

/// <summary>
/// The leader's part in demotions. A node that lives leaves etcd by itself, in good order; one that is out of reach is taken
/// out, so that it no longer counts against the majority. Who is no member any more is shown as no manager any more.
/// </summary>
public sealed partial class ManagerRemoval(IStore store, EtcdMembership members, string self, TimeProvider time, ILogger<ManagerRemoval> log)
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(1);
    private readonly ILogger _log = log;

    /// <summary>Runs until the term is over or the token is cancelled, and then just returns, as every loop of the leader.</summary>
    public async Task RunAsync(LeaderTerm term, CancellationToken cancel)
    {
        try
        {
            while (true)
            {
                var snapshot = store.Current;
                var leaving = snapshot.Nodes.All.Where(node => node.Id != self && IsLeaving(node)).ToList();
                if (leaving.Count == 0) await store.WaitNewerAsync(snapshot.Revision, cancel);
                else await Task.Delay(await TryRemoveAsync(leaving, term, cancel) ? Poll : RetryPause, time, cancel);
            }
        }
        catch (Exception e) when (e is NotLeaderException || cancel.IsCancellationRequested)
        {
            // another leads, or the manager stops
        }
    }

    /// <summary>Demoted, and not out of the managers yet.</summary>
    internal static bool IsLeaving(Node node) => node.Spec?.Role != NodeRole.Manager && node.ManagerStatus is not null;

    private async Task<bool> TryRemoveAsync(IReadOnlyList<Node> leaving, LeaderTerm term, CancellationToken cancel)
    {
        try
        {
            var present = await members.NamesAsync(cancel);
            var changes = new Changes();
            foreach (var node in leaving)
            {
                if (present.Contains(node.Id))
                {
                    if (node.ManagerStatus.Reachability != Reachability.Unreachable) continue;
                    await members.RemoveMemberAsync(node.Id, cancel);
                }
                var next = node.Clone();
                next.ManagerStatus = null;
                changes.Put(next);
                LogRemoved(node.Id);
            }
            if (!changes.IsEmpty) await store.CommitAsync(changes, term, cancel);
            return true;
        }
        catch (Exception e) when (e is RpcException or SkeinException or SequenceConflictException && !cancel.IsCancellationRequested)
        {
            LogNotRemoved(EtcdClient.Reason(e));
            return false;
        }
    }

    [LoggerMessage(2331, LogLevel.Information, "Node {Node} is no manager any more")]
    private partial void LogRemoved(string node);

    [LoggerMessage(2332, LogLevel.Warning, "A demoted manager is not out of the state's members yet: {Reason}")]
    private partial void LogNotRemoved(string reason);
}
