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
    private volatile byte[]? _seal;

    public NodeCredentials Current => _current;

    /// <summary>
    /// Where certificate and key lie in the clear, for etcd: a folder in memory, so that a locked manager's key is on no disk. The folder
    /// itself where no other is named.
    /// </summary>
    public string ClearFolder { get => field ?? folder; init; }

    /// <summary>In the clear.</summary>
    public string NodePath => Path.Combine(ClearFolder, NodeFile);

    public string RootPath => Path.Combine(folder, RootFile);

    /// <summary>The identity kept in the folder; null when there is none.</summary>
    /// <exception cref="SkeinException">The files can't be read as an identity; the message names them.</exception>
    /// <param name="seal">What the key is sealed with, on a manager of a swarm with autolock.</param>
    public static NodeIdentity? Load(string folder, TimeProvider time, string? clearFolder = null, byte[]? seal = null)
    {
        var nodePath = Path.Combine(folder, NodeFile);
        var rootPath = Path.Combine(folder, RootFile);
        if (!File.Exists(nodePath) || !File.Exists(rootPath)) return null;
        try
        {
            var (certificate, key) = NodeKeyFile.Read(File.ReadAllText(nodePath), seal);
            return new(folder, NodeCredentials.Create(certificate, key, File.ReadAllBytes(rootPath)), time) { ClearFolder = clearFolder ?? folder, _seal = seal };
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

    /// <summary>From now on the key is on the disk only sealed with this; null = in the clear.</summary>
    public void Seal(byte[]? seal)
    {
        _seal = seal;
        Save();
    }

    /// <summary>For etcd, before it starts: memory forgets it with the power.</summary>
    public void WriteClear()
    {
        if (ClearFolder == folder) return;
        Directory.CreateDirectory(ClearFolder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        PrivateFile.Write(NodePath, NodeKeyFile.Write(_current.CertificatePem, _current.KeyPem, seal: null));
    }

    /// <summary>What etcd has read lies nowhere any more, unless the disk has it in the clear as well.</summary>
    public static void RemoveClear(string clearFolder)
    {
        var path = Path.Combine(clearFolder, NodeFile);
        if (File.Exists(path)) File.Delete(path);
    }

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
        PrivateFile.Write(Path.Combine(folder, NodeFile), NodeKeyFile.Write(credentials.CertificatePem, credentials.KeyPem, _seal));
        if (File.Exists(NodePath) && ClearFolder != folder) PrivateFile.Write(NodePath, NodeKeyFile.Write(credentials.CertificatePem, credentials.KeyPem, seal: null));
    }
}
