using System.Globalization;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using Skein.Manager.Callers;
using Skein.Manager.Store;
using Skein.Model;

namespace Skein.Manager.Members;

/// <summary>
/// Managers joining etcd. A new member comes as a learner: it copies the state without a vote, and one that
/// never starts takes no majority away. It votes from the moment it has caught up. Who ceases to be one, or does not become one, is
/// taken out by another.
/// </summary>
public sealed partial class MembershipService(EtcdMembership members, IStore store, KeyRing keys, ILogger<MembershipService> log)
    : Membership.MembershipBase
{
    private readonly NodeWriter _nodes = new(store);
    private readonly ILogger _log = log;

    public override async Task<AddManagerResponse> AddManager(AddManagerRequest request, ServerCallContext context)
    {
        var caller = NodeCaller.RequireManager(context);
        if (!Uri.TryCreate(request.PeerUrl, UriKind.Absolute, out var url) || url.Scheme != Uri.UriSchemeHttps)
            throw new RpcException(new(StatusCode.InvalidArgument, $"\"{request.PeerUrl}\" is no URL of a manager's etcd"));
        var (memberId, all) = await members.AddAsync(caller.NodeId, request.PeerUrl, context.CancellationToken);
        var status = new ManagerStatus { Addr = request.Addr, Reachability = Reachability.Reachable, MemberId = memberId.ToString("x", CultureInfo.InvariantCulture) };
        await _nodes.WriteAsync(
            caller.NodeId,
            (node, changes) =>
            {
                changes.Put(new Node(node) { ManagerStatus = status });
                // It begins anew, with the keys that it is given now.
                changes.Delete(ObjectKind.ManagerKey, node.Id);
            },
            context.CancellationToken);
        LogAdded(caller.NodeId, request.PeerUrl);
        var response = new AddManagerResponse
        {
            MemberId = memberId.ToString("x", CultureInfo.InvariantCulture),
            ClusterToken = members.ClusterToken,
            UnlockKey = store.Current.Cluster?.UnlockKey ?? ByteString.Empty,
        };
        // After the state says that it is a manager: a key that is not among these yet waits for it.
        response.StoreKeys.AddRange(keys.Keys.Select(key => ByteString.CopyFrom(key.Span)));
        response.Members.AddRange(all);
        return response;
    }

    public override Task<StoreKeyResponse> GetStoreKey(StoreKeyRequest request, ServerCallContext context)
    {
        NodeCaller.RequireManager(context);
        return keys.Find(request.Id) is { } key
            ? Task.FromResult(new StoreKeyResponse { Key = ByteString.CopyFrom(key.Span) })
            : throw new RpcException(new(StatusCode.NotFound, "this manager does not have that key"));
    }

    public override async Task<RemoveManagerResponse> RemoveManager(RemoveManagerRequest request, ServerCallContext context)
    {
        var caller = NodeCaller.RequireManager(context);
        await members.RemoveMemberAsync(store.Current.Nodes.Find(caller.NodeId) ?? new() { Id = caller.NodeId }, context.CancellationToken);
        await _nodes.WriteAsync(
            caller.NodeId,
            (node, changes) =>
            {
                // It was to join, and has not come: nobody will ever ask for it again.
                if (node.Status?.State == NodeState.Unknown) changes.Delete(ObjectKind.Node, node.Id, node.Meta.Version);
                else if (node.ManagerStatus is not null) changes.Put(ManagerRemoval.NoManager(node));
            },
            context.CancellationToken);
        LogRemoved(caller.NodeId);
        return new();
    }

    [LoggerMessage(2330, LogLevel.Information, "Manager {Node} is added to the state's members at {PeerUrl}")]
    private partial void LogAdded(string node, string peerUrl);

    [LoggerMessage(2333, LogLevel.Information, "Manager {Node} is taken out of the state's members, as it asks")]
    private partial void LogRemoved(string node);
}
