using Grpc.Core;
using Microsoft.Extensions.Logging;
using Skein.Manager.Store;
using Skein.Model;

namespace Skein.Manager.Members;

/// <summary>
/// The leader's part in who is no manager any more. A demoted node that lives leaves etcd by itself, in good order; one that is
/// out of reach, or does not leave, is taken out, so that it no longer votes, nor counts against the majority. Whoever is no member, for
/// whatever reason (it left by force, or did not come in time), is shown as no manager: it counts in no quorum, and one that should be a
/// manager hears that it is missing, and begins anew.
/// </summary>
public sealed partial class ManagerRemoval(IStore store, EtcdMembership members, string self, TimeProvider time, ILogger<ManagerRemoval> log)
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(1);

    /// <summary>etcd tells nobody of a change of its members.</summary>
    private static readonly TimeSpan LookPeriod = TimeSpan.FromSeconds(1);

    /// <summary>One that is demoted hears of it within milliseconds, and needs five seconds where others do not answer.</summary>
    private static readonly TimeSpan LeavePatience = TimeSpan.FromSeconds(10);

    private readonly ILogger _log = log;
    private readonly Dictionary<string, long> _leavingSince = new(StringComparer.Ordinal);

    /// <summary>Runs until the term is over or the token is cancelled, and then just returns, as every loop of the leader.</summary>
    public async Task RunAsync(LeaderTerm term, CancellationToken cancel)
    {
        try
        {
            while (true)
            {
                var seen = await store.WaitUntilAsync(s => s.Nodes.All.Any(node => node.Id != self && IsLeaving(node)), LookPeriod, time, cancel);
                await Task.Delay(await TryRemoveAsync(seen, term, cancel) ? Poll : RetryPause, time, cancel);
            }
        }
        catch (Exception e) when (e is NotLeaderException || cancel.IsCancellationRequested)
        {
            // another leads, or the manager stops
        }
    }

    /// <summary>Demoted, and not out of the managers yet.</summary>
    internal static bool IsLeaving(Node node) => node.Spec?.Role != NodeRole.Manager && node.ManagerStatus is not null;

    /// <param name="seen">Older than the list of members: who was added in between has a newer version, and is left alone.</param>
    private async Task<bool> TryRemoveAsync(Snapshot seen, LeaderTerm term, CancellationToken cancel)
    {
        var managers = seen.Nodes.All.Where(node => node.Id != self && node.ManagerStatus is not null).ToList();
        foreach (var id in _leavingSince.Keys.Where(id => !managers.Any(node => node.Id == id && IsLeaving(node))).ToList()) _leavingSince.Remove(id);
        if (managers.Count == 0) return true;
        try
        {
            var present = await members.ListAsync(cancel);
            var changes = new Changes();
            foreach (var node in managers)
            {
                if (present.Any(member => EtcdMembership.IsOf(member, node)))
                {
                    if (!IsLeaving(node) || (node.ManagerStatus.Reachability != Reachability.Unreachable && !IsLate(node))) continue;
                    await members.RemoveMemberAsync(node, cancel);
                }
                changes.Put(NoManager(node));
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

    private bool IsLate(Node node)
    {
        if (_leavingSince.TryAdd(node.Id, time.GetTimestamp())) return false;
        return time.GetElapsedTime(_leavingSince[node.Id]) > LeavePatience;
    }

    public static Node NoManager(Node node)
    {
        var next = node.Clone();
        next.ManagerStatus = null;
        return next;
    }

    [LoggerMessage(2331, LogLevel.Information, "Node {Node} is no manager any more")]
    private partial void LogRemoved(string node);

    [LoggerMessage(2332, LogLevel.Warning, "Who is out of the state's members is not known or not shown yet: {Reason}")]
    private partial void LogNotRemoved(string reason);
}
