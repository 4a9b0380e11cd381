using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Google.Protobuf;
using Skein.Manager.Certificates;
using Skein.Manager.Store;
using Skein.Model;
using Skein.Model.Identity;
using Skein.Tests.Store;
using Xunit;

namespace Skein.Tests.Certificates;

public sealed class RootRotationTests : IDisposable
{
    private readonly RotationWorld _world = new();

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task A_rotation_ends_when_every_node_has_a_certificate_by_the_new_root_and_one_that_is_down_is_waited_for_until_it_is_removed()
    {
        foreach (var node in (string[])["n1", "n2", "n3"]) _world.Renew(node);
        var (before, tokens) = (_world.Cluster.RootCa.Cert, _world.Cluster.RootCa.JoinTokens);
        Assert.Empty(RootRotationPlan.Waiting(_world.Store.Current));

        await _world.RotateAsync(new() { ForceRotate = 1 });
        Assert.Equal(["n1", "n2", "n3"], RootRotationPlan.Waiting(_world.Store.Current));
        Assert.Equal(before, _world.Cluster.RootCa.Cert);
        Assert.Equal(tokens, _world.Cluster.RootCa.JoinTokens);

        _world.Renew("n1");
        _world.Renew("n3");
        Assert.Equal(["n2"], RootRotationPlan.Waiting(_world.Store.Current));
        Assert.Null(RootRotationPlan.Finished(_world.Store.Current, _world.Tokens));
        // Whoever joins meanwhile has one by the new root from the first.
        _world.Renew("n4");
        Assert.Equal(["n2"], RootRotationPlan.Waiting(_world.Store.Current));

        _world.Store.Commit(c => c.Delete(ObjectKind.Node, "n2"));
        var next = _world.Cluster.RootCa.Rotation.Cert;
        var after = RootRotationPlan.Finished(_world.Store.Current, _world.Tokens)!.RootCa;
        Assert.Equal(next, after.Cert);
        Assert.Null(after.Rotation);
        Assert.Equal(1u, after.LastForcedRotation);
        Assert.NotEqual(tokens.Worker, after.JoinTokens.Worker);
        Assert.True(JoinToken.Parse(after.JoinTokens.Manager).Matches(next.Span));
    }

    [Fact]
    public async Task Who_trusts_the_root_of_two_rotations_ago_accepts_what_is_issued_and_the_swarm_keeps_no_more_than_that()
    {
        foreach (var count in (ulong[])[1, 2, 3])
        {
            await _world.RotateAsync(new() { ForceRotate = count });
            _world.Renew("n1");
            var asleep = _world.CredentialsOf("n1");
            Assert.Equal(Math.Min(2, (int)count), asleep.Between.Count);
            if (count <= 2) Assert.True(CertificateCheck.Check(asleep.Certificate, asleep.Root, asleep.Between, _world.Time.GetUtcNow(), ofServer: true).Accepted);
            Finish();
        }
    }

    [Fact]
    public async Task The_same_number_changes_nothing_and_another_one_replaces_a_rotation_that_runs()
    {
        Assert.Same(_world.Cluster.RootCa, await _world.NextAsync(new() { ForceRotate = 0 }));

        await _world.RotateAsync(new() { ForceRotate = 1 });
        var first = _world.Cluster.RootCa.Rotation;
        await _world.RotateAsync(new() { ForceRotate = 1 });
        Assert.Equal(first, _world.Cluster.RootCa.Rotation);
        await _world.RotateAsync(new() { ForceRotate = 2 });
        Assert.NotEqual(first.Cert, _world.Cluster.RootCa.Rotation.Cert);
        using var crossed = CertificatePem.Read(_world.Cluster.RootCa.Rotation.CrossSigned.Span)[0];
        using var root = CertificatePem.Read(_world.Cluster.RootCa.Cert.Span)[0];
        Assert.Equal(root.Thumbprint, CertificateIssuer.Find(crossed, [root])?.Thumbprint);
    }

    [Fact]
    public async Task A_given_root_is_rotated_to_and_the_present_one_gives_a_rotation_up()
    {
        using var other = _world.NewRoot();
        await _world.RotateAsync(Given(other, 1));
        Assert.Equal(other.CertificatePem, _world.Cluster.RootCa.Rotation.Cert.ToByteArray());

        await _world.RotateAsync(Given(_world.First, 1));
        Assert.Null(_world.Cluster.RootCa.Rotation);
        Assert.Equal(_world.First.CertificatePem, _world.Cluster.RootCa.Cert.ToByteArray());
    }

    [Fact]
    public async Task A_root_with_an_RSA_key_is_rotated_to()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=other-ca", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        using var root = request.CreateSelfSigned(_world.Time.GetUtcNow(), _world.Time.GetUtcNow().AddYears(5));
        await _world.RotateAsync(new() { SigningCert = ByteString.CopyFromUtf8(root.ExportCertificatePem()), SigningKey = ByteString.CopyFromUtf8(key.ExportRSAPrivateKeyPem()) });
        _world.Renew("n1");
        Finish();
        Assert.Equal("n1", CertificateCheck.Check(_world.CredentialsOf("n1").Certificate, root, [], _world.Time.GetUtcNow(), ofServer: true).Name?.NodeId);
        Assert.Equal("n1", CertificateCheck.Check(_world.CredentialsOf("n1").Certificate, CertificatePem.Read(_world.First.CertificatePem)[0],
            _world.CredentialsOf("n1").Between, _world.Time.GetUtcNow(), ofServer: true).Name?.NodeId);
    }

    /// <summary>Docker rotates to these, and has a swarm then whose nodes refuse each other.</summary>
    [Fact]
    public async Task A_root_whose_certificates_nobody_would_accept_is_refused()
    {
        await RefusedWith(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        await RefusedWith(new X509EnhancedKeyUsageExtension([new("1.3.6.1.5.5.7.3.3")], true));
        // Names below example.org alone.
        await RefusedWith(new X509Extension("2.5.29.30", Convert.FromHexString("3011a00f300d820b6578616d706c652e6f7267"), true));

        async Task RefusedWith(X509Extension odd)
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var request = new CertificateRequest("CN=odd-ca", key, HashAlgorithmName.SHA256);
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
            request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
            request.CertificateExtensions.Add(odd);
            using var root = request.CreateSelfSigned(_world.Time.GetUtcNow(), _world.Time.GetUtcNow().AddYears(5));
            var given = new CaConfig { SigningCert = ByteString.CopyFromUtf8(root.ExportCertificatePem()), SigningKey = ByteString.CopyFromUtf8(key.ExportPkcs8PrivateKeyPem()) };
            var refusal = await Assert.ThrowsAnyAsync<Exception>(() => _world.NextAsync(given));
            Assert.Contains("no node would accept what it issues", refusal.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task What_cannot_be_is_refused_in_swarmkits_words()
    {
        using var other = _world.NewRoot();
        using var third = _world.NewRoot();
        await Refused("if a signing CA key is provided, the signing CA cert must also be provided", new() { SigningKey = ByteString.CopyFromUtf8(other.KeyPem) });
        await Refused("could not parse the desired CA certificate", new() { SigningCert = ByteString.CopyFromUtf8("nothing") });
        await Refused("certificate key mismatch", new() { SigningCert = RotationWorld.Bytes(other.CertificatePem), SigningKey = ByteString.CopyFromUtf8(third.KeyPem) });
        await Refused("there must be at least one valid, reachable external CA corresponding to the desired CA certificate", new() { SigningCert = RotationWorld.Bytes(other.CertificatePem) });
        await Refused("the desired CA certificate cannot contain multiple certificates",
            new() { SigningCert = RotationWorld.Bytes([.. other.CertificatePem, .. third.CertificatePem]), SigningKey = ByteString.CopyFromUtf8(other.KeyPem) });
        await Refused("Cannot update to a cert with an identical key", SameKeyLater());
        _world.Time.Advance(TimeSpan.FromDays(19.5 * 365));
        await Refused("CA certificate expires too soon", Given(other, 0));
    }

    [Fact]
    public async Task A_node_asks_when_another_issues_and_trusts_a_root_that_its_certificate_is_good_under()
    {
        _world.Renew("n1");
        var has = _world.CredentialsOf("n1");
        var (now, later) = (_world.Time.GetUtcNow(), _world.Time.GetUtcNow().AddDays(60));
        Assert.Equal(RenewalPlan.Step.Wait, RenewalPlan.Of(has, new(ByteString.Empty, ByteString.Empty), now, later));
        Assert.Equal(RenewalPlan.Step.Renew, RenewalPlan.Of(has, new(ByteString.Empty, ByteString.Empty), later, later));
        Assert.Equal(RenewalPlan.Step.Wait, RenewalPlan.Of(has, Told(), now, later));

        await _world.RotateAsync(new() { ForceRotate = 1 });
        Assert.Equal(RenewalPlan.Step.Renew, RenewalPlan.Of(has, Told(), now, later));
        _world.Renew("n1");
        has = _world.CredentialsOf("n1");
        Assert.Equal(RenewalPlan.Step.Wait, RenewalPlan.Of(has, Told(), now, later));

        Finish();
        Assert.Equal(RenewalPlan.Step.Trust, RenewalPlan.Of(has, Told(), now, later));
        Assert.Equal(RenewalPlan.Step.Wait, RenewalPlan.Of(has.Trusting(_world.Cluster.RootCa.Cert.Span), Told(), now, later));
    }

    private void Finish() => _world.Store.Commit(c => c.Put(RootRotationPlan.Finished(_world.Store.Current, _world.Tokens)!));

    private ToldIssuer.Told Told() => new(_world.Cluster.RootCa.Cert, SwarmIssuer.InfoOf(_world.Cluster.RootCa).IssuerPublicKey);

    private static CaConfig Given(RootAuthority root, ulong count) =>
        new() { ForceRotate = count, SigningCert = RotationWorld.Bytes(root.CertificatePem), SigningKey = ByteString.CopyFromUtf8(root.KeyPem) };

    private CaConfig SameKeyLater()
    {
        using var key = ECDsa.Create();
        key.ImportFromPem(_world.First.KeyPem);
        var request = new CertificateRequest("CN=swarm-ca", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        using var root = request.CreateSelfSigned(_world.Time.GetUtcNow(), _world.Time.GetUtcNow().AddYears(30));
        return new() { SigningCert = ByteString.CopyFrom(Encoding.ASCII.GetBytes(root.ExportCertificatePem())), SigningKey = ByteString.CopyFromUtf8(_world.First.KeyPem) };
    }

    private async Task Refused(string message, CaConfig config)
    {
        var error = await Assert.ThrowsAsync<SkeinException>(() => _world.NextAsync(config));
        Assert.Equal(ErrorKind.InvalidArgument, error.Kind);
        Assert.Equal($"rpc error: code = InvalidArgument desc = {message}", error.Message);
    }
}
