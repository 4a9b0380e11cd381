using System.Net;
using Google.Protobuf;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using Skein.Manager.Allocation;
using Skein.Manager.Callers;
using Skein.Manager.Members;
using Skein.Manager.Store;
using Skein.Model;
using Skein.Model.Identity;

namespace Skein.Manager.Certificates;

/// <summary>Makes hosts into nodes, by token, and renews the certificates of nodes.</summary>
public sealed partial class CertificateAuthorityService(
    IStore store, CertificateSigner signer, TimeProvider time, IIdSource ids, ILogger<CertificateAuthorityService> log)
    : CertificateAuthority.CertificateAuthorityBase
{
    /// <summary>A token of 128 bits is not guessed, but each trial costs a line in the log and a comparison.</summary>
    public const int WrongTokensOfAddress = 10;

    /// <summary>A node needs one in weeks, and one at each change of its role.</summary>
    public const int RenewalsOfNode = 30;

    private readonly Tries<IPAddress> _wrong = new(WrongTokensOfAddress, time);
    private readonly Tries<string> _renewed = new(RenewalsOfNode, time);
    private readonly Repeats _said = new(time);
    private readonly ILogger _log = log;

    public override Task<RootCertificateResponse> GetRootCertificate(RootCertificateRequest request, ServerCallContext context) =>
        Task.FromResult(new RootCertificateResponse { Certificate = RequireCluster().RootCa.Cert });

    public override Task<IssueResponse> IssueNodeCertificate(IssueRequest request, ServerCallContext context) =>
        request.Token.Length > 0 ? JoinAsync(request, context) : RenewAsync(request, NodeCaller.Of(context), context.CancellationToken);

    private async Task<IssueResponse> JoinAsync(IssueRequest request, ServerCallContext context)
    {
        var cluster = RequireCluster();
        var peer = PeerAddress.Of(context.GetHttpContext().Connection.RemoteIpAddress);
        if (_wrong.MustWait(peer)) throw new RpcException(new(StatusCode.ResourceExhausted, $"too many wrong join tokens from {peer}: it is heard again in a minute"));
        var role = RoleOf(request.Token, cluster);
        if (role is null)
        {
            _wrong.Note(peer);
            if (_said.IsNews($"{peer}")) LogWrongToken(peer);
            throw new RpcException(new(StatusCode.InvalidArgument, "A valid join token is necessary to join this cluster"));
        }
        // Before there is a node that nobody would ever see again.
        if (role == NodeRole.Manager && request.Unfit.Length > 0) throw new RpcException(new(StatusCode.FailedPrecondition, request.Unfit));
        var node = new Node
        {
            Id = ids.NewId(),
            Spec = new() { Annotations = new(), Role = role.Value, Availability = AvailabilityOf(request.Availability) },
            Description = new(),
            Status = new() { State = NodeState.Unknown },
        };
        // The certificate first: a request that cannot be read leaves no node behind.
        var response = await IssueAsync(cluster, request, node.Id, role.Value, context.CancellationToken);
        await CreateAsync(node, EntryOf(response, role.Value), context.CancellationToken);
        LogJoined(node.Id, role.Value, context.Peer);
        return response;
    }

    /// <summary>With its address on the ingress network, again when that was given to another meanwhile.</summary>
    private async Task CreateAsync(Node node, ManagerCertificate? certificate, CancellationToken cancel)
    {
        while (true)
        {
            var seen = store.Current;
            var changes = new Changes();
            changes.Put(BirthAllocation.Of(seen, node, time.GetUtcNow(), ids));
            if (certificate is not null) changes.Put(certificate);
            AllocationFence.Raise(seen, changes);
            try
            {
                await store.CommitAsync(changes, null, cancel);
                return;
            }
            catch (SequenceConflictException)
            {
                await store.WaitNewerAsync(seen.Revision, cancel);
            }
        }
    }

    private async Task<IssueResponse> RenewAsync(IssueRequest request, CertificateName caller, CancellationToken cancel)
    {
        var node = store.Current.Nodes.Find(caller.NodeId)
            ?? throw new RpcException(new(StatusCode.PermissionDenied, $"node {caller.NodeId} was removed from the swarm"));
        if (_renewed.MustWait(node.Id)) throw new RpcException(new(StatusCode.ResourceExhausted, $"node {node.Id} has had {RenewalsOfNode} certificates in a minute"));
        _renewed.Note(node.Id);
        LogRenewed(node.Id, node.Spec.Role);
        var response = await IssueAsync(RequireCluster(), request, node.Id, node.Spec.Role, cancel);
        // Before it has it: what is not written down could not be taken back.
        var changes = new Changes();
        if (EntryOf(response, node.Spec.Role) is { } certificate) changes.Put(certificate);
        await store.CommitAsync(changes, null, cancel);
        return response;
    }

    private static ManagerCertificate? EntryOf(IssueResponse response, NodeRole role)
    {
        if (role != NodeRole.Manager) return null;
        using var certificate = CertificatePem.ReadFirst(response.Certificate.Span);
        return RevokedCertificates.EntryOf(certificate, response.NodeId);
    }

    private async Task<IssueResponse> IssueAsync(Cluster cluster, IssueRequest request, string nodeId, NodeRole role, CancellationToken cancel)
    {
        try
        {
            var pem = await signer.IssueAsync(cluster, request.Csr.ToStringUtf8(), new(nodeId, role, cluster.Id), cancel);
            return new()
            {
                NodeId = nodeId,
                Certificate = ByteString.CopyFrom(pem),
                RootCertificate = cluster.RootCa.Cert,
                Role = (int)role,
            };
        }
        catch (SkeinException e) when (e.Kind == ErrorKind.InvalidArgument)
        {
            throw new RpcException(new(StatusCode.InvalidArgument, e.Message));
        }
        catch (SkeinException e) when (e.Kind == ErrorKind.Unavailable)
        {
            if (_said.IsNews(e.Message)) LogNotSigned(nodeId, e.Message);
            throw new RpcException(new(StatusCode.Unavailable, e.Message));
        }
    }

    private Cluster RequireCluster() =>
        store.Current.Cluster ?? throw new RpcException(new(StatusCode.Unavailable, "this manager does not hold the swarm's state yet"));

    private static NodeRole? RoleOf(string token, Cluster cluster)
    {
        // Both are compared each time: how long it takes says nothing about which is nearer.
        var worker = JoinToken.Same(token, cluster.RootCa.JoinTokens.Worker);
        var manager = JoinToken.Same(token, cluster.RootCa.JoinTokens.Manager);
        return manager ? NodeRole.Manager : worker ? NodeRole.Worker : null;
    }

    private static NodeAvailability AvailabilityOf(string text) => text switch
    {
        "" or "active" => NodeAvailability.Active,
        "pause" => NodeAvailability.Pause,
        "drain" => NodeAvailability.Drain,
        _ => throw new RpcException(new(StatusCode.InvalidArgument, $"invalid Availability: \"{text}\"")),
    };

    [LoggerMessage(2310, LogLevel.Warning, "{Peer} asked to join with a token that is not this swarm's")]
    private partial void LogWrongToken(IPAddress peer);

    [LoggerMessage(2311, LogLevel.Information, "Node {Node} joins as {Role} from {Peer}")]
    private partial void LogJoined(string node, NodeRole role, string peer);

    [LoggerMessage(2313, LogLevel.Warning, "Node {Node} gets no certificate: {Reason}")]
    private partial void LogNotSigned(string node, string reason);

    [LoggerMessage(2312, LogLevel.Information, "Node {Node} has a new certificate as {Role}")]
    private partial void LogRenewed(string node, NodeRole role);
}
