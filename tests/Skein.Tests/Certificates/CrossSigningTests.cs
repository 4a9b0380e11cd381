using System.Net;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using Skein.Manager.Certificates;
using Skein.Model;
using Skein.Model.Identity;
using Xunit;

namespace Skein.Tests.Certificates;

public sealed class CrossSigningTests : IDisposable
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly CryptoIdSource _ids = new();
    private readonly RootAuthority _first;
    private readonly RootAuthority _second;
    private readonly RootAuthority _third;

    public CrossSigningTests() =>
        (_first, _second, _third) = (RootAuthority.Create(_time, _ids), RootAuthority.Create(_time, _ids), RootAuthority.Create(_time, _ids));

    public void Dispose()
    {
        _first.Dispose();
        _second.Dispose();
        _third.Dispose();
    }

    [Fact]
    public void Who_trusts_the_old_root_accepts_what_the_new_one_issues_by_the_cross_signed_certificate_alone()
    {
        var issued = Issue(_second, _first.CertificatePem, _first.CrossSign(_second.CertificatePem));

        Assert.True(Check(issued, issued).Accepted);
        Assert.False(CertificateCheck.Check(issued.Certificate, issued.Root, [], _time.GetUtcNow(), ofServer: true).Accepted);
        Assert.True(Check(issued, issued.Trusting(_second.CertificatePem)).Accepted);
        Assert.False(Check(issued, issued.Trusting(_third.CertificatePem)).Accepted);
        Assert.Equal(CertificateIssuer.PublicKeyOf(issued.Trusting(_second.CertificatePem).Root), CertificateIssuer.InfoOf(issued).IssuerPublicKey);
    }

    [Fact]
    public void Who_slept_through_a_whole_rotation_accepts_what_the_root_after_it_issues()
    {
        byte[] between = [.. _second.CrossSign(_third.CertificatePem), .. _first.CrossSign(_second.CertificatePem)];
        var issued = Issue(_third, _first.CertificatePem, between);

        Assert.True(Check(issued, issued).Accepted);
        Assert.True(Check(issued, issued.Trusting(_second.CertificatePem)).Accepted);
        Assert.True(Check(issued, issued.Trusting(_third.CertificatePem)).Accepted);
        Assert.Equal(CertificateIssuer.PublicKeyOf(issued.Trusting(_third.CertificatePem).Root), CertificateIssuer.InfoOf(issued).IssuerPublicKey);
    }

    [Fact]
    public void A_certificate_of_before_names_the_root_as_its_issuer_and_lives_no_longer_than_it()
    {
        var issued = Issue(_first, _first.CertificatePem, []);
        Assert.Equal(issued.Root.Thumbprint, issued.Issuer?.Thumbprint);

        using var crossed = System.Security.Cryptography.X509Certificates.X509Certificate2.CreateFromPem(Encoding.ASCII.GetString(_first.CrossSign(_second.CertificatePem)));
        Assert.True(crossed.NotAfter <= issued.Root.NotAfter);
    }

    private CertificateVerdict Check(NodeCredentials issued, NodeCredentials judge) =>
        CertificateCheck.Check(issued.Certificate, judge.Root, issued.Between, _time.GetUtcNow(), ofServer: true);

    private static NodeCredentials Issue(RootAuthority authority, byte[] root, byte[] between)
    {
        var request = CertificateSigningRequest.Create([IPAddress.Parse("10.0.0.1")]);
        var pem = authority.Issue(request.Pem, new("node1", NodeRole.Manager, "swarm1"), TimeSpan.FromDays(90));
        return NodeCredentials.Create([.. pem, .. between], request.KeyPem, root);
    }
}
