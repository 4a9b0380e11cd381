using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Skein.Model.Identity;

/// <summary>
/// Who this host is in its swarm, on disk and on every connection. Certificate and key lie in one file (PEM, 0600),
/// so that a renewal replaces both by one rename: etcd reads the file anew at each handshake. A renewed certificate
/// is used from the next handshake on; nothing is restarted.
/// </summary>
public sealed class NodeIdentity(string folder, NodeCredentials credentials, TimeProvider time)
{
    private const string NodeFile = "swarm-node.pem";
    private const string RootFile = "swarm-root-ca.crt";
    private volatile NodeCredentials _current = credentials;

    public NodeCredentials Current => _current;

    public string NodePath => Path.Combine(folder, NodeFile);

    public string RootPath => Path.Combine(folder, RootFile);

    /// <summary>The identity kept in the folder; null when there is none.</summary>
    /// <exception cref="SkeinException">The files can't be read as an identity; the message names them.</exception>
    public static NodeIdentity? Load(string folder, TimeProvider time)
    {
        var nodePath = Path.Combine(folder, NodeFile);
        var rootPath = Path.Combine(folder, RootFile);
        if (!File.Exists(nodePath) || !File.Exists(rootPath)) return null;
        try
        {
            var text = File.ReadAllText(nodePath);
            var keyAt = text.IndexOf("-----BEGIN PRIVATE KEY-----", StringComparison.Ordinal);
            if (keyAt < 0) throw SkeinException.Invalid("it holds no private key");
            var credentials = NodeCredentials.Create(Encoding.ASCII.GetBytes(text[..keyAt]), text[keyAt..], File.ReadAllBytes(rootPath));
            return new(folder, credentials, time);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            throw new SkeinException(ErrorKind.Internal, $"the node's certificate {nodePath} cannot be used: {e.Message}", e);
        }
    }

    /// <summary>Keeps the identity on disk and makes it the one that the next handshake uses.</summary>
    public void Replace(NodeCredentials next)
    {
        Save(next);
        _current = next;
    }

    public void Save() => Save(_current);

    /// <summary>For calls to a manager: its certificate must be of this swarm and of a manager.</summary>
    public SslClientAuthenticationOptions ClientOptions() => new()
    {
        EnabledSslProtocols = SslProtocols.Tls13,
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        LocalCertificateSelectionCallback = (_, _, _, _, _) => _current.Certificate,
        RemoteCertificateValidationCallback = (_, certificate, _, _) => IsManager(certificate),
    };

    /// <summary>
    /// For the listener between nodes. A caller without certificate is let in, since a joining host has none: each call
    /// says what it asks of its caller. A certificate that is presented must be valid.
    /// </summary>
    public SslServerAuthenticationOptions ServerOptions()
    {
        var now = _current;
        return new()
        {
            EnabledSslProtocols = SslProtocols.Tls13,
            ServerCertificateContext = now.Context,
            ClientCertificateRequired = true,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            RemoteCertificateValidationCallback = (_, certificate, _, _) =>
                certificate is null || Check((X509Certificate2)certificate, ofServer: false).Accepted,
            ApplicationProtocols = [SslApplicationProtocol.Http2],
        };
    }

    public CertificateVerdict Check(X509Certificate2? certificate, bool ofServer)
    {
        var now = _current;
        var verdict = CertificateCheck.Check(certificate, now.Root, time.GetUtcNow(), ofServer);
        return verdict.Name is { } name && name.ClusterId != now.Name.ClusterId
            ? new(null, $"it belongs to swarm {name.ClusterId}")
            : verdict;
    }

    private bool IsManager(X509Certificate? certificate) =>
        Check(certificate as X509Certificate2, ofServer: true).Name is { Role: NodeRole.Manager };

    private void Save(NodeCredentials credentials)
    {
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        PrivateFile.Write(RootPath, credentials.RootPem);
        PrivateFile.Write(NodePath, [.. credentials.CertificatePem, .. Encoding.ASCII.GetBytes(credentials.KeyPem)]);
    }
}
