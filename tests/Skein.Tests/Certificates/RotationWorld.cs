using System.Net;
using Google.Protobuf;
using Microsoft.Extensions.Time.Testing;
using Skein.Manager.Certificates;
using Skein.Manager.Store;
using Skein.Model;
using Skein.Model.Identity;
using Skein.Tests.Store;

namespace Skein.Tests.Certificates;

/// <summary>A store with a cluster and its CA, and nodes that have certificates by it.</summary>
internal sealed class RotationWorld : IDisposable
{
    private readonly CryptoIdSource _ids = new();
    private readonly Dictionary<string, NodeCredentials> _credentials = [];

    public RotationWorld()
    {
        First = RootAuthority.Create(Time, _ids);
        Changes = new(new(new NodeIdentity("/nonexistent", Issue(First, "m1", First.CertificatePem, []), Time), Time), Time, _ids);
        Tokens = new JoinTokenSource(_ids);
        var cluster = new Cluster { Id = "swarm1", Spec = new() { Annotations = new() { Name = "default" }, Ca = new() } };
        cluster.RootCa = new() { Cert = Bytes(First.CertificatePem), Key = ByteString.CopyFromUtf8(First.KeyPem) };
        cluster.RootCa.JoinTokens = new() { Worker = Tokens.NewToken(cluster), Manager = Tokens.NewToken(cluster) };
        Store.Commit(c => c.Put(cluster));
    }

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));

    public MemoryStore Store { get; } = new();

    public RootAuthority First { get; }

    public RootChanges Changes { get; }

    public IJoinTokenSource Tokens { get; }

    public Cluster Cluster => Store.Current.Cluster!;

    public void Dispose() => First.Dispose();

    public RootAuthority NewRoot() => RootAuthority.Create(Time, _ids);

    public Task<RootCa> NextAsync(CaConfig config) => Changes.NextAsync(Cluster, config, default);

    public async Task RotateAsync(CaConfig config)
    {
        var next = Cluster.Clone();
        next.RootCa = await NextAsync(config);
        next.Spec.Ca = new() { ForceRotate = config.ForceRotate };
        Store.Commit(c => c.Put(next));
    }

    /// <summary>The node asks, and says what it has been given.</summary>
    public void Renew(string node)
    {
        var issuer = SwarmIssuer.Of(Cluster.RootCa);
        using var authority = RootAuthority.Open(issuer.Cert.Span, issuer.Key.Span, Time, _ids);
        var root = _credentials.TryGetValue(node, out var has) ? has.RootPem : Cluster.RootCa.Cert.ToByteArray();
        _credentials[node] = Issue(authority, node, root, issuer.Between.ToByteArray());
        var known = Store.Current.Nodes.Find(node)?.Clone() ?? new Node { Id = node, Spec = new(), Status = new() { State = NodeState.Ready } };
        known.Description = new() { TlsInfo = CertificateIssuer.InfoOf(_credentials[node]) };
        Store.Commit(c => c.Put(known));
    }

    public NodeCredentials CredentialsOf(string node) => _credentials[node];

    public static ByteString Bytes(byte[] pem) => ByteString.CopyFrom(pem);

    private static NodeCredentials Issue(RootAuthority authority, string node, byte[] root, byte[] between)
    {
        var request = CertificateSigningRequest.Create([IPAddress.Loopback]);
        var pem = authority.Issue(request.Pem, new(node, NodeRole.Manager, "swarm1"), TimeSpan.FromDays(90));
        return NodeCredentials.Create([.. pem, .. between], request.KeyPem, root);
    }
}
