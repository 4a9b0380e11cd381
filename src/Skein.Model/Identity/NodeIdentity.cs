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

    /// <summary>A root that is rotated over and over leaves no more of its cross-signed certificates here.</summary>
    private const int MostBetween = 8;

    /// <summary>For so long after its end a certificate still gets its node a new one: as long as it usually lives.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromDays(90);

    private readonly Lock _lock = new();
    private volatile NodeCredentials _current = credentials;
    private volatile IReadOnlyList<X509Certificate2> _between = credentials.Between;
    private volatile TaskCompletionSource _replaced = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile byte[]? _seal;

    public NodeCredentials Current => _current;

    /// <summary>Completes when other credentials are in the place of these.</summary>
    public async Task WhenReplacedAsync(NodeCredentials these, CancellationToken cancel)
    {
        while (true)
        {
            var replaced = _replaced;
            if (_current != these) return;
            await replaced.Task.WaitAsync(cancel);
        }
    }

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
        lock (_lock)
        {
            _current = next;
            Learn(next.Between);
            var told = _replaced;
            _replaced = new(TaskCreationOptions.RunContinuationsAsynchronously);
            told.SetResult();
        }
    }

    /// <summary>
    /// What stands between the root and others' certificates, as the swarm's state has it: callers do not send it. Only for finding the
    /// way; nothing is trusted by it.
    /// </summary>
    public void Know(IEnumerable<X509Certificate2> between)
    {
        lock (_lock) Learn(between);
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
        RemoteCertificateValidationCallback = (_, certificate, chain, _) => IsManager(certificate, chain),
    };

    /// <summary>As <see cref="ClientOptions"/>, for one handshake alone: it presents what stands between the certificate and older roots too.</summary>
    public SslClientAuthenticationOptions ClientOptionsOnce(string host) => new()
    {
        TargetHost = host,
        EnabledSslProtocols = SslProtocols.Tls13,
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        ClientCertificateContext = _current.Context,
        ApplicationProtocols = [SslApplicationProtocol.Http2],
        RemoteCertificateValidationCallback = (_, certificate, chain, _) => IsManager(certificate, chain),
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
            RemoteCertificateValidationCallback = (_, certificate, chain, _) =>
                certificate is null
                || Check((X509Certificate2)certificate, ofServer: false, PresentedBy(chain)).Accepted
                || CheckLapsed((X509Certificate2)certificate, PresentedBy(chain)).Accepted,
            ApplicationProtocols = [SslApplicationProtocol.Http2],
        };
    }

    public CertificateVerdict Check(X509Certificate2? certificate, bool ofServer) => Check(certificate, ofServer, []);

    private CertificateVerdict Check(X509Certificate2? certificate, bool ofServer, IEnumerable<X509Certificate2> presented) =>
        Check(certificate, ofServer, presented, time.GetUtcNow());

    private CertificateVerdict Check(X509Certificate2? certificate, bool ofServer, IEnumerable<X509Certificate2> presented, DateTimeOffset at)
    {
        var current = _current;
        var verdict = CertificateCheck.Check(certificate, current.Root, _between.Concat(presented), at, ofServer);
        return verdict.Name is { } name && name.ClusterId != current.Name.ClusterId
            ? new(null, $"it belongs to swarm {name.ClusterId}")
            : verdict;
    }

    /// <summary>Of a node's certificate that is over and was good before: it gets its node a new one, and nothing else.</summary>
    public CertificateVerdict CheckLapsed(X509Certificate2 certificate) => CheckLapsed(certificate, []);

    private CertificateVerdict CheckLapsed(X509Certificate2 certificate, IEnumerable<X509Certificate2> presented)
    {
        var (now, over) = (time.GetUtcNow(), new DateTimeOffset(certificate.NotAfter.ToUniversalTime()));
        return now <= over || now > over + Grace
            ? new(null, $"it has expired on {over:u}")
            : Check(certificate, ofServer: false, presented, over - TimeSpan.FromSeconds(1));
    }

    private bool IsManager(X509Certificate? certificate, X509Chain? chain) =>
        Check(certificate as X509Certificate2, ofServer: true, PresentedBy(chain)).Name is { Role: NodeRole.Manager };

    private static IEnumerable<X509Certificate2> PresentedBy(X509Chain? chain) => chain?.ChainPolicy.ExtraStore.Take(MostBetween) ?? [];

    /// <summary>The newest first; under the lock.</summary>
    private void Learn(IEnumerable<X509Certificate2> between) =>
        _between = [.. between.Concat(_between).DistinctBy(one => one.Thumbprint).Take(MostBetween)];

    private void Save(NodeCredentials credentials)
    {
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        PrivateFile.Write(RootPath, credentials.RootPem);
        PrivateFile.Write(Path.Combine(folder, NodeFile), NodeKeyFile.Write(credentials.CertificatePem, credentials.KeyPem, _seal));
        if (File.Exists(NodePath) && ClearFolder != folder) PrivateFile.Write(NodePath, NodeKeyFile.Write(credentials.CertificatePem, credentials.KeyPem, seal: null));
    }
}
