using Grpc.AspNetCore.Server;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Skein.Model.Identity;

namespace Skein.Manager.Certificates;

/// <summary>
/// Stands before every call between nodes: reads the caller from its certificate, checks it once more (a connection may
/// outlive its certificate), and refuses who may not make the call. Whether the node is still in the swarm is asked by the
/// services: a node that has just joined through another manager may not be in this one's replica yet.
/// </summary>
public sealed partial class CallerAuthorization(NodeIdentity identity, ILogger<CallerAuthorization> log) : Interceptor
{
    private const string OpenToAll = "/skein.CertificateAuthority/";
    private static readonly string[] s_managersOnly = ["/skein.Membership/", "/skein.NodeLogs/"];
    private readonly ILogger _log = log;

    public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        Admit(context);
        return continuation(request, context);
    }

    public override Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation)
    {
        Admit(context);
        return continuation(requestStream, responseStream, context);
    }

    public override Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        Admit(context);
        return continuation(request, responseStream, context);
    }

    public override Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, ServerCallContext context, ClientStreamingServerMethod<TRequest, TResponse> continuation)
    {
        Admit(context);
        return continuation(requestStream, context);
    }

    private void Admit(ServerCallContext context)
    {
        var certificate = context.GetHttpContext().Connection.ClientCertificate;
        var open = context.Method.StartsWith(OpenToAll, StringComparison.Ordinal);
        if (certificate is null)
        {
            if (open) return;
            throw Refuse(context, StatusCode.Unauthenticated, "this call needs a certificate of the swarm");
        }
        var verdict = identity.Check(certificate, ofServer: false);
        if (verdict.Name is not { } caller)
            throw Refuse(context, StatusCode.Unauthenticated, $"the certificate is not accepted: {verdict.Refusal}");
        if (s_managersOnly.Any(service => context.Method.StartsWith(service, StringComparison.Ordinal)) && caller.Role != Model.NodeRole.Manager)
            throw Refuse(context, StatusCode.PermissionDenied, $"node {caller.NodeId} is not a manager");
        NodeCaller.Set(context, caller);
    }

    private RpcException Refuse(ServerCallContext context, StatusCode code, string why)
    {
        LogRefused(context.Method, context.Peer, why);
        return new(new Status(code, why));
    }

    [LoggerMessage(2300, LogLevel.Warning, "A call of {Method} from {Peer} is refused: {Reason}")]
    private partial void LogRefused(string method, string peer, string reason);
}
