using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Skein.Model;
using Skein.Model.Identity;

namespace Skein.Manager.Callers;

/// <summary>Who makes a call between nodes, as its certificate says; put there by <see cref="CallerAuthorization"/>.</summary>
public static class NodeCaller
{
    private static readonly object Key = new();

    /// <exception cref="RpcException">The caller has no certificate (Unauthenticated).</exception>
    public static CertificateName Of(ServerCallContext context) =>
        Find(context) ?? throw new RpcException(new(StatusCode.Unauthenticated, "this call needs a certificate of the swarm"));

    /// <summary>null for a caller without certificate: a host that is about to join.</summary>
    public static CertificateName? Find(ServerCallContext context) =>
        context.GetHttpContext().Items.TryGetValue(Key, out var name) ? (CertificateName?)name : null;

    internal static void Set(HttpContext context, CertificateName name) => context.Items[Key] = name;

    internal static CertificateName RequireManager(ServerCallContext context)
    {
        var caller = Of(context);
        return caller.Role == NodeRole.Manager
            ? caller
            : throw new RpcException(new(StatusCode.PermissionDenied, $"node {caller.NodeId} is not a manager"));
    }
}
