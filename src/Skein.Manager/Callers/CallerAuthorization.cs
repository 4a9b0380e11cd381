using System.Net;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Skein.Manager.Store;
using Skein.Model.Identity;

namespace Skein.Manager.Callers;

/// <summary>
/// Stands before every call between nodes, and before a byte of its body is read: what is refused here was never parsed. Reads the
/// caller from its certificate, checks it once more (a connection may outlive its certificate), asks the state whether the node is
/// still what its certificate says, and refuses who may not make the call. A call that lasts ends when its caller falls.
/// </summary>
public sealed partial class CallerAuthorization(NodeIdentity identity, IStore store, TimeProvider time, ILogger<CallerAuthorization> log)
{
    // A join is one call of some milliseconds. Parsed, a stranger's largest message has some 4 MiB.
    private const int CallsOfAStranger = 16;
    private const int CallsOfStrangers = 32;

    /// <summary>A node that has just come, or was just promoted, by another manager may not be in this one's replica yet.</summary>
    private static readonly TimeSpan VisibleDeadline = TimeSpan.FromSeconds(3);

    // Of those that are anybody's. A node that renews its certificate makes one.
    private const int CallsOfANode = 4;

    private readonly Places<IPAddress> _strangers = new(CallsOfAStranger, CallsOfStrangers);
    private readonly Places<string> _nodes = new(CallsOfANode, int.MaxValue);
    private readonly Repeats _said = new(time);
    private readonly ILogger _log = log;

    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        var rule = CallRule.Of(context.Request.Path);
        if (rule.Who == CallerKind.Nobody) await RefuseAsync(context, StatusCode.Unimplemented, "there is no such call");
        else if (IsCompressed(context.Request)) await RefuseAsync(context, StatusCode.Unimplemented, "compressed messages are not taken");
        else if (!TryBoundBody(context, rule)) await RefuseAsync(context, StatusCode.ResourceExhausted, $"the message is larger than {rule.BodyMax} bytes");
        else if (context.Connection.ClientCertificate is not { } certificate) await AdmitStrangerAsync(context, rule, next);
        else if (identity.Check(certificate, ofServer: false) is var verdict && verdict.Name is { } caller) await AdmitAsync(context, rule, caller, next);
        else if (rule.TakesLapsed && identity.CheckLapsed(certificate).Name is { } lapsed) await AdmitAsync(context, rule, lapsed, next);
        else await RefuseAsync(context, StatusCode.Unauthenticated, $"the certificate is not accepted: {verdict.Refusal}");
    }

    private async Task AdmitStrangerAsync(HttpContext context, CallRule rule, RequestDelegate next)
    {
        if (rule.Who != CallerKind.Anyone)
        {
            await RefuseAsync(context, StatusCode.Unauthenticated, "this call needs a certificate of the swarm");
            return;
        }
        using var place = _strangers.TryTake(PeerAddress.Of(context.Connection.RemoteIpAddress));
        if (place is null) await RefuseAsync(context, StatusCode.ResourceExhausted, "too many calls without certificate at once");
        else await next(context);
    }

    private async Task AdmitAsync(HttpContext context, CallRule rule, CertificateName caller, RequestDelegate next)
    {
        if (rule.RefusalOf(caller) is { } refusal)
        {
            await RefuseAsync(context, StatusCode.PermissionDenied, refusal);
            return;
        }
        if (await SeeAsync(IsMet, context.RequestAborted) is not { } seen) return;
        if (!IsMet(seen))
        {
            await RefuseAsync(context, StatusCode.PermissionDenied, seen.Nodes.Find(caller.NodeId) is null
                ? $"node {caller.NodeId} is not part of the swarm"
                : $"node {caller.NodeId} is not a manager of this swarm");
            return;
        }
        NodeCaller.Set(context, caller);
        using var place = rule.Who == CallerKind.Anyone ? _nodes.TryTake(caller.NodeId) : null;
        if (place is null && rule.Who == CallerKind.Anyone)
        {
            await RefuseAsync(context, StatusCode.ResourceExhausted, "too many calls of this node at once");
            return;
        }
        if (rule.EndsWithStanding) await WhileStandingAsync(context, IsMet, next);
        else await next(context);

        bool IsMet(Snapshot snapshot) => rule.IsMetBy(snapshot.Nodes.Find(caller.NodeId));
    }

    /// <summary>null when the caller has left meanwhile.</summary>
    private async Task<Snapshot?> SeeAsync(Func<Snapshot, bool> isMet, CancellationToken left)
    {
        try
        {
            return await store.WaitUntilAsync(isMet, VisibleDeadline, time, left);
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    private async Task WhileStandingAsync(HttpContext context, Func<Snapshot, bool> stands, RequestDelegate next)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        var fall = FallAsync(stands, over.Token);
        var call = next(context);
        if (await Task.WhenAny(call, fall) == fall && fall.IsCompletedSuccessfully) context.Abort();
        await call.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await over.CancelAsync();
        await fall.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await call;
    }

    private async Task FallAsync(Func<Snapshot, bool> stands, CancellationToken cancel)
    {
        var seen = store.Current;
        while (stands(seen)) seen = await store.WaitNewerAsync(seen.Revision, cancel);
    }

    /// <summary>A few bytes may unfold into a thousand times as many, before any bound is asked.</summary>
    private static bool IsCompressed(HttpRequest request) =>
        request.Headers["grpc-encoding"] is { Count: > 0 } coding && !string.Equals(coding, "identity", StringComparison.Ordinal);

    private static bool TryBoundBody(HttpContext context, CallRule rule)
    {
        if (rule.BodyMax is not { } most) return true;
        if (context.Request.ContentLength > most) return false;
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } body) body.MaxRequestBodySize = most;
        return true;
    }

    /// <summary>gRPC's answer without a message: all of it is in the head.</summary>
    private Task RefuseAsync(HttpContext context, StatusCode code, string why)
    {
        var peer = PeerAddress.Of(context.Connection.RemoteIpAddress);
        if (_said.IsNews($"{peer} {why}")) LogRefused(context.Request.Path, peer, why);
        var response = context.Response;
        response.ContentType = "application/grpc";
        response.Headers["grpc-status"] = ((int)code).ToString(System.Globalization.CultureInfo.InvariantCulture);
        response.Headers["grpc-message"] = Uri.EscapeDataString(why);
        return response.CompleteAsync();
    }

    [LoggerMessage(2300, LogLevel.Warning, "A call of {Method} from {Peer} is refused: {Reason}")]
    private partial void LogRefused(string method, IPAddress peer, string reason);
}
