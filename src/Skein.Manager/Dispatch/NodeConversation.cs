using Grpc.Core;
using Skein.Manager.Certificates;
using Skein.Manager.Store;
using Skein.Model;
using Skein.Model.Specs;
using Skein.Model.Validation;

namespace Skein.Manager.Dispatch;

/// <summary>One node's session from Welcome to its end: hears the node, and tells it what changes.</summary>
internal sealed class NodeConversation(
    string nodeId,
    string sessionId,
    IStore store,
    AssignmentIndexCache indexes,
    TaskStatusWriter statuses,
    NodeWriter nodes,
    DroppedReports dropped,
    NodeDrains drains,
    StorePace pace,
    NodeAttachments attachments,
    TimeProvider time,
    Action heard,
    Action<TimeSpan> periodTold,
    SessionStream stream)
{
    private readonly ReportQueue _storing = new();
    private readonly TaskCompletionSource _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Fails when a report was lost: the session ends with it, and the node reports again in the next.</summary>
    public Task Failed => _failed.Task;

    /// <summary>Hears the node until it ends its side, or leaves the swarm.</summary>
    public async Task ListenAsync(IAsyncStreamReader<NodeMessage> reader, CancellationToken cancel)
    {
        while (await reader.MoveNext(cancel))
        {
            heard();
            var message = reader.Current;
            switch (message.MessageCase)
            {
                case NodeMessage.MessageOneofCase.Beat:
                    await stream.SendAsync(new() { Beat = message.Beat }, cancel);
                    break;
                case NodeMessage.MessageOneofCase.Statuses:
                    if (!_storing.TryEnter(message.Statuses)) throw new RpcException(new(StatusCode.ResourceExhausted, "reports come faster than they are answered"));
                    // Not awaited: beats must be answered while the store is slow.
                    _ = StoreAsync(message.Statuses, cancel);
                    break;
                case NodeMessage.MessageOneofCase.Programmed:
                    drains.Programmed(message.Programmed.Sequence);
                    break;
                case NodeMessage.MessageOneofCase.Attachments:
                    attachments.Hear(message.Attachments);
                    break;
                case NodeMessage.MessageOneofCase.Description:
                    if (NodeDescriptionBounds.FlawOf(message.Description) is { } flaw) dropped.Drop(nodeId, flaw);
                    else await ChangeAsync(message.CalculateSize(), n => NodeRegistration.Described(n, message.Description, time.GetUtcNow()), cancel);
                    break;
                case NodeMessage.MessageOneofCase.Role:
                    await ChangeAsync(message.CalculateSize(), n => NodeRegistration.RoleSaid(n, message.Role.Failure, time.GetUtcNow()), cancel);
                    break;
                case NodeMessage.MessageOneofCase.Leaving:
                    await nodes.ChangeAsync(nodeId, n => NodeRegistration.Left(n, sessionId, time.GetUtcNow()), cancel);
                    return;
            }
        }
    }

    /// <summary>Everything first, then each change as it is seen in the store; throws when the session is no longer the node's.</summary>
    public async Task TellAsync(CancellationToken cancel)
    {
        var snapshot = store.Current;
        var view = NodeView.Empty;
        ulong sequence = 0;
        Welcome? welcome = null;
        ManagerList? managers = null;
        var dependencies = new NodeDependencies();
        while (true)
        {
            var index = indexes.For(snapshot);
            snapshot = index.Snapshot;
            var node = OwnNode(snapshot);
            var news = WelcomeOf(snapshot, node);
            if (news.HeartbeatPeriod != welcome?.HeartbeatPeriod) periodTold(news.HeartbeatPeriod.Nanoseconds());
            welcome = await TellIfNewAsync(welcome, news, w => new() { Welcome = w }, cancel);
            managers = await TellIfNewAsync(managers, index.Managers, m => new() { Managers = m }, cancel);

            var next = view.Next(index, nodeId);
            var change = sequence == 0 ? AssignmentDiff.Full(next, 1) : AssignmentDiff.Between(view, next, sequence + 1);
            drains.Telling(snapshot.Revision, change?.Sequence);
            foreach (var part in dependencies.Next(snapshot, next.Tasks.Values)) await stream.SendAsync(new() { Dependencies = part }, cancel);
            if (change is not null)
            {
                sequence = change.Sequence;
                foreach (var part in AssignmentParts.Of(change)) await stream.SendAsync(new() { Assignments = part }, cancel);
            }
            view = next;

            if (node.Status?.State != NodeState.Ready)
                await nodes.ChangeAsync(nodeId, n => NodeRegistration.Back(n, sessionId, time.GetUtcNow()), cancel);
            snapshot = await store.WaitNewerAsync(snapshot.Revision, cancel);
        }
    }

    /// <summary>Beside the assignments: a task's stop must not wait for a change of something else.</summary>
    public async Task TellDrainedAsync(CancellationToken cancel)
    {
        await foreach (var word in drains.Words.ReadAllAsync(cancel)) await stream.SendAsync(new() { Drained = word }, cancel);
    }

    private Node OwnNode(Snapshot snapshot)
    {
        var node = snapshot.Nodes.Find(nodeId)
            ?? throw new RpcException(new(StatusCode.PermissionDenied, $"node {nodeId} has been removed from the swarm"));
        if (node.Session?.SessionId != sessionId) throw new RpcException(new(StatusCode.Aborted, "a newer session of this node has replaced this one"));
        return node;
    }

    private Welcome WelcomeOf(Snapshot snapshot, Node node)
    {
        var welcome = WelcomeOf(snapshot.Cluster, node);
        if (snapshot.Cluster?.RootCa is not { Cert.IsEmpty: false } ca) return welcome;
        (welcome.TrustRoot, welcome.IssuerPublicKey) = (ca.Cert, SwarmIssuer.InfoOf(ca).IssuerPublicKey);
        return welcome;
    }

    private Welcome WelcomeOf(Cluster? cluster, Node node) => new()
    {
        SessionId = sessionId,
        HeartbeatPeriod = ClusterDefaults.HeartbeatPeriodOf(cluster).InNanoseconds(),
        DataPathPort = cluster?.DataPathPort is > 0 and var port ? port : ClusterDefaults.DataPathPort,
        Role = node.Spec?.Role ?? NodeRole.Worker,
        Missing = node.Spec?.Role == NodeRole.Manager && node.ManagerStatus is null,
    };

    private async Task<T> TellIfNewAsync<T>(T? told, T next, Func<T, ManagerMessage> wrap, CancellationToken cancel) where T : class
    {
        if (told is not null && next.Equals(told)) return told;
        await stream.SendAsync(wrap(next), cancel);
        return next;
    }

    private async Task StoreAsync(TaskStatusReport report, CancellationToken cancel)
    {
        try
        {
            var seen = store.Current;
            var sound = report.Updates.Where(update => IsSound(seen, update)).Select(u => new NodeTaskStatus(nodeId, u.TaskId, u.Status)).ToList();
            await pace.SpendAsync(nodeId, sound.Sum(one => CostOf(seen, one)), cancel);
            await statuses.WriteAsync(sound, cancel);
            // Also those that were dropped: sent again they would be no better.
            var stored = new StatusesStored();
            stored.TaskIds.Add(report.Updates.Select(u => u.TaskId));
            await stream.SendAsync(new() { Stored = stored }, cancel);
        }
        catch (Exception e)
        {
            // The node was not told, and repeats the report to whom it speaks next. That the session was ending already is the usual cause.
            _failed.TrySetException(e);
        }
        finally
        {
            _storing.Leave(report);
        }
    }

    /// <summary>The whole node is written, with all that it said before.</summary>
    private async Task ChangeAsync(int bytes, Func<Node, Node?> change, CancellationToken cancel)
    {
        await pace.SpendAsync(nodeId, StorePace.OfWrite + bytes + (store.Current.Nodes.Find(nodeId)?.CalculateSize() ?? 0), cancel);
        await nodes.ChangeAsync(nodeId, change, cancel);
    }

    private static long CostOf(Snapshot seen, NodeTaskStatus report) =>
        seen.Tasks.Find(report.TaskId) is { } task ? (long)task.CalculateSize() + report.Status.CalculateSize() : 0;

    private bool IsSound(Snapshot seen, TaskStatusUpdate update)
    {
        if (ReportCheck.FlawOf(seen, nodeId, update) is not { } flaw) return true;
        dropped.Drop(nodeId, flaw);
        return false;
    }
}
