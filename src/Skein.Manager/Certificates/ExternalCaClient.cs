using System.Net;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Google.Protobuf;
using Skein.Model;
using Skein.Model.Identity;

namespace Skein.Manager.Certificates;

/// <summary>
/// Asks a CA outside of the swarm for certificates, in CFSSL's protocol: a POST of the request in JSON, over TLS with this manager's
/// certificate. Whatever it answers is bounded in bytes and time, and is a certificate only once it has been checked.
/// </summary>
public sealed class ExternalCaClient(NodeIdentity identity, TimeProvider time)
{
    /// <summary>swarmkit's, for one request to one URL.</summary>
    private static readonly TimeSpan RequestDeadline = TimeSpan.FromSeconds(5);

    /// <summary>swarmkit's: the longest chain that makes sense has some 14 KiB.</summary>
    private const int MostBytes = 256 << 10;

    private const string CrossSignProfile = "CA";
    private const string BasicConstraints = "2.5.29.19";

    /// <summary>Whether one of them takes a connection, and shows a certificate by the root.</summary>
    internal async Task<bool> IsAnyThereAsync(IReadOnlyList<string> urls, ByteString rootPem, CancellationToken cancel)
    {
        foreach (var url in urls)
        {
            if (await IsThereAsync(url, rootPem, cancel)) return true;
        }
        return false;
    }

    /// <summary>A node's certificate: the first of the CAs that gives one that is right.</summary>
    /// <exception cref="SkeinException">None does; the message has the last one's reason.</exception>
    internal async Task<byte[]> SignAsync(
        IReadOnlyList<string> urls, ByteString rootPem, string requestPem, CertificateName name, IEnumerable<IPAddress> addresses, CancellationToken cancel)
    {
        var request = CfsslMessages.OfNode(requestPem, name, addresses);
        return await AskAllAsync(urls, rootPem, request, pem => Require(FlawOf(pem, rootPem, requestPem, name)), cancel);
    }

    /// <summary>PEM of the other root's name and key, signed by the CA that has this root's key.</summary>
    internal async Task<byte[]> CrossSignAsync(IReadOnlyList<string> urls, ByteString rootPem, ByteString otherPem, ByteString otherKey, CancellationToken cancel)
    {
        using var other = X509Certificate2.CreateFromPem(Encoding.ASCII.GetString(otherPem.Span), Encoding.ASCII.GetString(otherKey.Span));
        var constraints = other.Extensions.First(extension => extension.Oid?.Value == BasicConstraints);
        var request = CfsslMessages.OfRoot(RequestOf(other), other, constraints, CrossSignProfile);
        return await AskAllAsync(urls, rootPem, request, pem => Require(FlawOfCrossSigned(pem, rootPem, other)), cancel);
    }

    private async Task<byte[]> AskAllAsync(IReadOnlyList<string> urls, ByteString rootPem, byte[] request, Action<byte[]> check, CancellationToken cancel)
    {
        var last = "no external CA is configured for this root, and the swarm does not have its key";
        foreach (var url in urls)
        {
            try
            {
                var pem = CertificatePem.Normalize(Encoding.ASCII.GetBytes(await AskAsync(url, rootPem, request, cancel)));
                check(pem);
                return pem;
            }
            // What is no URL, or a certificate whose inside is none, is one CA that does not sign: the next may.
            catch (Exception e) when (e is HttpRequestException or SkeinException or IOException or CryptographicException or UriFormatException or NotSupportedException || (e is OperationCanceledException && !cancel.IsCancellationRequested))
            {
                last = $"external CA {url}: {(e is OperationCanceledException ? $"no answer within {RequestDeadline.TotalSeconds} s" : e.InnerException?.Message ?? e.Message)}";
            }
        }
        throw SkeinException.Unavailable($"failed to sign CSR: {last}");
    }

    private async Task<string> AskAsync(string url, ByteString rootPem, byte[] request, CancellationToken cancel)
    {
        using var client = new HttpClient(HandlerFor(rootPem)) { Timeout = Timeout.InfiniteTimeSpan, MaxResponseContentBufferSize = MostBytes };
        using var deadline = new CancellationTokenSource(RequestDeadline, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancel);
        using var content = new ByteArrayContent(request) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        using var response = await client.PostAsync(new Uri(url), content, either.Token);
        var body = await response.Content.ReadAsByteArrayAsync(either.Token);
        return response.StatusCode == HttpStatusCode.OK
            ? CfsslMessages.CertificateOf(body)
            : throw SkeinException.Unavailable($"unexpected status code in CSR response: {(int)response.StatusCode}");
    }

    private async Task<bool> IsThereAsync(string url, ByteString rootPem, CancellationToken cancel)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var parsed) || parsed.Scheme != Uri.UriSchemeHttps) return false;
        using var deadline = new CancellationTokenSource(RequestDeadline, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancel);
        try
        {
            using var socket = new TcpClient();
            await socket.ConnectAsync(parsed.IdnHost.Trim('[', ']'), parsed.Port, either.Token);
            await using var tls = new SslStream(socket.GetStream());
            var options = TlsFor(rootPem);
            options.TargetHost = parsed.IdnHost;
            await tls.AuthenticateAsClientAsync(options, either.Token);
            return true;
        }
        catch (Exception e) when (e is SocketException or AuthenticationException or IOException || (e is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            return false;
        }
    }

    private SocketsHttpHandler HandlerFor(ByteString rootPem) => new()
    {
        SslOptions = TlsFor(rootPem),
        ConnectTimeout = RequestDeadline,
        AllowAutoRedirect = false,
        UseProxy = false,
    };

    private SslClientAuthenticationOptions TlsFor(ByteString rootPem) => new()
    {
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        LocalCertificateSelectionCallback = (_, _, _, _, _) => identity.Current.Certificate,
        RemoteCertificateValidationCallback = (_, certificate, presented, errors) =>
            certificate is X509Certificate2 shown && !errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch)
            && IsIssuedBy(shown, rootPem, presented?.ChainPolicy.ExtraStore ?? []),
    };

    private string? FlawOf(byte[] pem, ByteString rootPem, string requestPem, CertificateName name)
    {
        var all = CertificatePem.Read(pem);
        var asked = CertificateRequest.LoadSigningRequestPem(requestPem, HashAlgorithmName.SHA256);
        if (!CertificateIssuer.PublicKeyOf(all[0]).Equals(CertificateIssuer.PublicKeyOf(asked.PublicKey))) return "the certificate is over another key";
        if (CertificateName.Read(all[0]) != name) return $"the certificate's subject is \"{all[0].Subject}\"";
        return IsIssuedBy(all[0], rootPem, all.Skip(1)) ? null : "the certificate is not issued by the swarm's root";
    }

    private string? FlawOfCrossSigned(byte[] pem, ByteString rootPem, X509Certificate2 other)
    {
        using var crossed = CertificatePem.ReadFirst(pem);
        if (!CertificateIssuer.PublicKeyOf(crossed).Equals(CertificateIssuer.PublicKeyOf(other))) return "the certificate is over another key";
        if (!crossed.SubjectName.RawData.AsSpan().SequenceEqual(other.SubjectName.RawData)) return $"the certificate's subject is \"{crossed.Subject}\"";
        if (crossed.Extensions.OfType<X509BasicConstraintsExtension>().FirstOrDefault() is not { CertificateAuthority: true }) return "the certificate is no CA's";
        return IsIssuedBy(crossed, rootPem, []) ? null : "the certificate is not issued by the swarm's root";
    }

    private bool IsIssuedBy(X509Certificate2 certificate, ByteString rootPem, IEnumerable<X509Certificate2> between)
    {
        using var root = CertificatePem.ReadFirst(rootPem.Span);
        return CertificateCheck.IsIssuedBy(certificate, root, between, time.GetUtcNow());
    }

    private static string RequestOf(X509Certificate2 root)
    {
        using var elliptic = root.GetECDsaPrivateKey();
        if (elliptic is not null) return With(new CertificateRequest(root.SubjectName, elliptic, HashAlgorithmName.SHA256));
        using var rsa = root.GetRSAPrivateKey() ?? throw SkeinException.Invalid("the new root's key is neither ECDSA nor RSA");
        return With(new CertificateRequest(root.SubjectName, rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));

        string With(CertificateRequest request)
        {
            foreach (var extension in root.Extensions) request.CertificateExtensions.Add(extension);
            return request.CreateSigningRequestPem();
        }
    }

    private static void Require(string? flaw)
    {
        if (flaw is not null) throw SkeinException.Invalid(flaw);
    }
}
