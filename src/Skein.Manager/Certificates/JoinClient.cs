using System.Net;
using System.Net.Http;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Skein.Model;
using Skein.Model.Identity;
using Skein.Model.Validation;

namespace Skein.Manager.Certificates;

/// <summary>Gets this host a certificate from a manager: the first by token, later ones by the one it has.</summary>
public sealed class JoinClient(TimeProvider time)
{
    private static readonly TimeSpan CallDeadline = TimeSpan.FromSeconds(10);

    /// <param name="manager">ip:2377</param>
    /// <param name="addresses">Where the peers of a manager reach it.</param>
    /// <param name="unfit">Why this host cannot be a manager; empty when it can. Only the manager knows for which role the token is.</param>
    /// <exception cref="SkeinException">The root is not the token's, the token is refused, or the manager cannot be reached.</exception>
    public async Task<IssuedCertificate> JoinAsync(
        string manager, JoinToken token, NodeAvailability availability, IReadOnlyList<IPAddress> addresses, string unfit, CancellationToken cancel)
    {
        var rootPem = await FetchRootAsync(manager, token, cancel);
        using var root = CertificatePem.ReadFirst(rootPem);
        var tls = new SslClientAuthenticationOptions
        {
            EnabledSslProtocols = SslProtocols.Tls13,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            RemoteCertificateValidationCallback = (_, certificate, chain, _) =>
                CertificateCheck.Check(certificate as X509Certificate2, root, chain?.ChainPolicy.ExtraStore ?? [], time.GetUtcNow(), ofServer: true).Name is { Role: NodeRole.Manager },
        };
        var request = new IssueRequest { Token = token.ToString(), Availability = NameOf(availability), Unfit = unfit };
        return await IssueAsync(manager, tls, request, addresses, rootPem, cancel);
    }

    /// <summary>A new certificate, over a new key, for the role that the node has by now.</summary>
    /// <exception cref="SkeinException">The manager refuses, or cannot be reached.</exception>
    public Task<IssuedCertificate> RenewAsync(string manager, NodeIdentity identity, IReadOnlyList<IPAddress> addresses, CancellationToken cancel) =>
        IssueAsync(manager, identity.ClientOptions(), new(), addresses, identity.Current.RootPem, cancel);

    /// <summary>The root as this manager shows it, once its digest is the token's. Nothing is said to the manager before.</summary>
    private async Task<byte[]> FetchRootAsync(string manager, JoinToken token, CancellationToken cancel)
    {
        var tls = new SslClientAuthenticationOptions
        {
            EnabledSslProtocols = SslProtocols.Tls13,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            // Whoever answers: what it says is checked against the digest in the token.
            RemoteCertificateValidationCallback = (_, _, _, _) => true,
        };
        var response = await CallAsync(manager, tls, (client, options) => client.GetRootCertificateAsync(new(), options), cancel);
        var pem = response.Certificate.ToByteArray();
        return token.Matches(pem)
            ? pem
            : throw SkeinException.Invalid($"remote CA does not match fingerprint. Expected: {token.RootDigestHex()}");
    }

    private async Task<IssuedCertificate> IssueAsync(
        string manager, SslClientAuthenticationOptions tls, IssueRequest request, IReadOnlyList<IPAddress> addresses, byte[] rootPem, CancellationToken cancel)
    {
        var signing = CertificateSigningRequest.Create(addresses);
        request.Csr = ByteString.CopyFromUtf8(signing.Pem);
        var response = await CallAsync(manager, tls, (client, options) => client.IssueNodeCertificateAsync(request, options), cancel);
        var credentials = NodeCredentials.Create(response.Certificate.Span, signing.KeyPem, rootPem);
        var verdict = CertificateCheck.Check(credentials.Certificate, credentials.Root, credentials.Between, time.GetUtcNow(), ofServer: false);
        return verdict.Name is { } name && name.NodeId == response.NodeId
            ? new(response.NodeId, credentials)
            : throw SkeinException.Invalid($"the manager's answer is no certificate of this node: {verdict.Refusal ?? "it names another node"}");
    }

    private async Task<T> CallAsync<T>(
        string manager, SslClientAuthenticationOptions tls,
        Func<CertificateAuthority.CertificateAuthorityClient, CallOptions, AsyncUnaryCall<T>> call, CancellationToken cancel)
    {
        using var channel = GrpcChannel.ForAddress($"https://{manager}", new GrpcChannelOptions
        {
            HttpHandler = new SocketsHttpHandler { SslOptions = tls, ConnectTimeout = CallDeadline },
            DisposeHttpClient = true,
            // Who answers may be anybody yet.
            MaxReceiveMessageSize = MessageBounds.MostOfStranger,
            CompressionProviders = [],
        });
        try
        {
            var options = new CallOptions(deadline: (time.GetUtcNow() + CallDeadline).UtcDateTime, cancellationToken: cancel);
            return await call(new(channel), options);
        }
        catch (RpcException e) when (!cancel.IsCancellationRequested)
        {
            throw AsSkeinException(e, manager);
        }
    }

    private static SkeinException AsSkeinException(RpcException e, string manager) => new(
        e.StatusCode switch
        {
            StatusCode.InvalidArgument => ErrorKind.InvalidArgument,
            StatusCode.Unavailable or StatusCode.DeadlineExceeded or StatusCode.ResourceExhausted => ErrorKind.Unavailable,
            StatusCode.PermissionDenied => ErrorKind.Forbidden,
            StatusCode.Unauthenticated => ErrorKind.Unauthenticated,
            _ => ErrorKind.Internal,
        },
        $"rpc error: code = {e.StatusCode} desc = {Unreached(e, manager) ?? e.Status.Detail}", e);

    /// <summary>In the words of Docker's gRPC; null when somebody answered.</summary>
    private static string? Unreached(RpcException e, string manager) =>
        NotReached.Why(e) is { } why ? $"connection error: desc = \"transport: Error while dialing: dial tcp {manager}: {why}\"" : null;

    private static string NameOf(NodeAvailability availability) => availability switch
    {
        NodeAvailability.Pause => "pause",
        NodeAvailability.Drain => "drain",
        _ => "active",
    };
}
