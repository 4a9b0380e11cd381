using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Time.Testing;
using Skein.Manager.Certificates;
using Skein.Model;
using Skein.Model.Identity;
using Xunit;

namespace Skein.Tests.Identity;

public sealed class NodeIdentityTests : IDisposable
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly CryptoIdSource _ids = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("skein-identity-").FullName;
    private readonly RootAuthority _authority;

    public NodeIdentityTests() => _authority = RootAuthority.Create(_time, _ids);

    public void Dispose()
    {
        _authority.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void The_certificate_says_node_role_and_cluster_as_Dockers_does()
    {
        var credentials = Issue("node1", NodeRole.Worker);

        Assert.Equal("O=swarm1, OU=swarm-worker, CN=node1", credentials.Certificate.Subject);
        Assert.Equal(new CertificateName("node1", NodeRole.Worker, "swarm1"), credentials.Name);
        Assert.Equal(_time.GetUtcNow() + TimeSpan.FromDays(90), credentials.NotAfter);
        Assert.Equal(20 * 365, (credentials.Root.NotAfter.ToUniversalTime() - _time.GetUtcNow().UtcDateTime).TotalDays);
        Assert.Equal("1.2.840.10045.2.1", credentials.Certificate.PublicKey.Oid.Value);
    }

    [Fact]
    public void A_worker_gets_no_address_and_no_managers_name_whatever_it_asks_for()
    {
        Assert.Equal(["swarm-worker", "node1"], NamesIn(Issue("node1", NodeRole.Worker)));
        Assert.Equal(["swarm-manager", "node1", "10.0.0.1"], NamesIn(Issue("node1", NodeRole.Manager)));
    }

    [Fact]
    public void A_certificate_is_accepted_in_its_time_alone()
    {
        var identity = Identity(Issue("node1", NodeRole.Manager));
        var other = Issue("node2", NodeRole.Worker).Certificate;

        Assert.Equal("node2", identity.Check(other, ofServer: false).Name?.NodeId);
        _time.Advance(TimeSpan.FromDays(90) + TimeSpan.FromSeconds(1));
        Assert.Contains("expired", identity.Check(other, ofServer: false).Refusal);
    }

    [Fact]
    public void A_certificate_of_another_root_or_of_another_swarm_is_refused()
    {
        var identity = Identity(Issue("node1", NodeRole.Manager));
        using var stranger = RootAuthority.Create(_time, _ids);

        Assert.False(identity.Check(Issue(stranger, "node1", NodeRole.Manager, "swarm1").Certificate, ofServer: false).Accepted);
        Assert.Equal("it belongs to swarm swarm2", identity.Check(Issue(_authority, "node1", NodeRole.Manager, "swarm2").Certificate, ofServer: false).Refusal);
        Assert.False(identity.Check(null, ofServer: false).Accepted);
    }

    [Fact]
    public void It_is_kept_for_its_owner_alone_and_read_back_and_a_renewal_replaces_it()
    {
        var identity = Identity(Issue("node1", NodeRole.Worker));
        identity.Save();
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(identity.NodePath));

        var loaded = NodeIdentity.Load(Path.Combine(_folder, "c"), _time)!;
        Assert.Equal(identity.Current.Certificate.Thumbprint, loaded.Current.Certificate.Thumbprint);
        Assert.True(loaded.Current.Certificate.HasPrivateKey);

        loaded.Replace(Issue("node1", NodeRole.Manager));
        Assert.Equal(NodeRole.Manager, NodeIdentity.Load(Path.Combine(_folder, "c"), _time)!.Current.Name.Role);
    }

    [Fact]
    public void Renewal_is_due_between_half_and_four_fifths_of_the_life()
    {
        var start = _time.GetUtcNow();
        var times = Enumerable.Range(0, 200).Select(_ => (RenewalTime.Of(start, start.AddDays(100), _ids) - start).TotalDays).ToList();
        Assert.All(times, days => Assert.InRange(days, 50, 80));
        Assert.True(times.Max() - times.Min() > 15, "they are to be spread");
    }

    private NodeIdentity Identity(NodeCredentials credentials) => new(Path.Combine(_folder, "c"), credentials, _time);

    private NodeCredentials Issue(string node, NodeRole role) => Issue(_authority, node, role, "swarm1");

    private static NodeCredentials Issue(RootAuthority authority, string node, NodeRole role, string swarm)
    {
        var request = CertificateSigningRequest.Create([IPAddress.Parse("10.0.0.1")]);
        return NodeCredentials.Create(authority.Issue(request.Pem, new(node, role, swarm), TimeSpan.FromDays(90)), request.KeyPem, authority.CertificatePem);
    }

    private static IEnumerable<string> NamesIn(NodeCredentials credentials)
    {
        var names = credentials.Certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().Single();
        return names.EnumerateDnsNames().Concat(names.EnumerateIPAddresses().Select(address => address.ToString()));
    }
}
