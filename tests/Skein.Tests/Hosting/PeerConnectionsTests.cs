using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Skein.Hosting;
using Skein.Managing;
using Skein.NodeLife;
using Skein.Manager.Certificates;
using Skein.Model;
using Skein.Model.Identity;
using Skein.Tests.Tasks;
using Xunit;

namespace Skein.Tests.Hosting;

public class PeerConnectionsTests
{
    private static readonly IPAddress OfNode = IPAddress.Parse("192.168.56.12");
    private readonly FakeTimeProvider _time = new();
    private readonly SeenLog _log = new();
    private readonly PeerConnections _connections;

    public PeerConnectionsTests() => _connections = new(OfNode.Equals, _time, new Logger<PeerConnections>(_log));

    [Fact]
    public async Task A_stranger_stays_half_a_minute()
    {
        var connection = Connection(Stranger(1));
        var served = Enter(connection);
        Assert.False(served.IsCompleted);
        _time.Advance(PeerConnections.StrangersStay);
        await served.WaitAsync(Poll.Patience);
        Assert.True(connection.Ended);
    }

    [Fact]
    public async Task A_node_stays_and_leaves_its_place_to_strangers()
    {
        var nodes = Enumerable.Range(0, PeerConnections.OfWorker).Select(_ => Connection(Stranger(1), "w1")).ToList();
        var served = nodes.Select(Enter).ToList();
        _time.Advance(2 * PeerConnections.StrangersStay);
        Assert.All(nodes, node => Assert.False(node.Ended));

        var oneMore = Connection(Stranger(1), "w1");
        await Enter(oneMore).WaitAsync(Poll.Patience);
        Assert.True(oneMore.Ended);
        var strangers = Enumerable.Range(0, PeerConnections.OfAddress).Select(_ => Entered(Stranger(1))).ToList();
        Assert.All(strangers, stranger => Assert.False(stranger.Ended));
        Entered(Stranger(1));
        Assert.Single(strangers, stranger => stranger.Ended);
        Assert.All(nodes, node => Assert.False(node.Ended));
    }

    [Fact]
    public void Who_holds_the_places_of_an_address_keeps_no_other_of_it_away()
    {
        foreach (var address in new[] { OfNode, Stranger(1) })
        {
            var held = Enumerable.Range(0, PeerConnections.OfAddress).Select(_ => Entered(address)).ToList();
            for (var i = 0; i < 3; i++)
            {
                Assert.False(Entered(address).Ended);
                Assert.True(held[i].Ended);
                Assert.False(held[i + 1].Ended);
            }
        }
    }

    [Fact]
    public void Strangers_from_many_addresses_keep_no_node_away()
    {
        for (var i = 0; i < PeerConnections.OfStrangers; i++) Assert.False(Entered(Stranger(i)).Ended);
        Assert.True(Entered(Stranger(9999)).Ended);
        Assert.False(Entered(OfNode).Ended);
    }

    [Fact]
    public async Task A_flood_of_strangers_is_one_line_and_hides_no_node_with_too_many()
    {
        for (var i = 0; i < PeerConnections.OfStrangers + 100; i++) Entered(Stranger(i));
        for (var i = 0; i < PeerConnections.OfWorker; i++) _ = Enter(Connection(OfNode, "w1"));
        await Enter(Connection(OfNode, "w1")).WaitAsync(Poll.Patience);
        Assert.Equal(
            ["Connections without certificate are turned away, one from 10.0.2.0: too many are open", "A connection of node w1 is turned away: it has 32"],
            _log.Lines.Select(line => line.Text));
    }

    private TestConnection Entered(IPAddress from)
    {
        var connection = Connection(from);
        _ = Enter(connection);
        return connection;
    }

    private Task Enter(TestConnection connection) =>
        _connections.AdmitAsync(connection, inner => _connections.KnowAsync(inner, _ => connection.Served));

    private static IPAddress Stranger(int number) => new([10, 0, (byte)(number >> 8), (byte)number]);

    private static TestConnection Connection(IPAddress from, string? node = null)
    {
        var connection = new TestConnection { RemoteEndPoint = new IPEndPoint(from, 40000) };
        if (node is not null) connection.Features.Set<ITlsConnectionFeature>(new Tls(node));
        return connection;
    }

    private sealed class TestConnection : DefaultConnectionContext
    {
        private readonly TaskCompletionSource _served = new();

        public bool Ended { get; private set; }

        public Task Served => _served.Task;

        public override void Abort(ConnectionAbortedException abortReason)
        {
            Ended = true;
            _served.TrySetResult();
        }
    }

    private sealed class Tls : ITlsConnectionFeature
    {
        private static readonly RootAuthority s_authority = RootAuthority.Create(TimeProvider.System, new CryptoIdSource());

        public Tls(string node)
        {
            var signing = CertificateSigningRequest.Create([]);
            ClientCertificate = NodeCredentials.Create(
                s_authority.Issue(signing.Pem, new(node, NodeRole.Worker, "swarm"), TimeSpan.FromDays(1)), signing.KeyPem, s_authority.CertificatePem).Certificate;
        }

        public System.Security.Cryptography.X509Certificates.X509Certificate2? ClientCertificate { get; set; }

        public Task<System.Security.Cryptography.X509Certificates.X509Certificate2?> GetClientCertificateAsync(CancellationToken cancellationToken) =>
            Task.FromResult(ClientCertificate);
    }
}
