using System.Buffers.Binary;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Authentication;
using Google.Protobuf;
using Grpc.Core;
using Skein.Hosting;
using Skein.Managing;
using Skein.NodeLife;
using Skein.Manager.Certificates;
using Skein.Model;
using Skein.Model.Identity;
using Skein.Model.Validation;
using Xunit;

namespace Skein.HostTests.Hosting;

/// <summary>A manager's port, as who has neither certificate nor token finds it: refused before it is read, and bounded.</summary>
public class ManagerDoorTests
{
    private const string Issue = "skein.CertificateAuthority/IssueNodeCertificate";

    [Fact]
    public async Task Two_megabytes_that_unfold_to_two_thousand_cost_nothing()
    {
        await using var hosts = new SwarmHosts();
        var manager = await hosts.InitAsync();
        using var stranger = Stranger();
        var bomb = Bomb();
        var before = GC.GetTotalAllocatedBytes();
        for (var i = 0; i < 4; i++) Assert.Equal(StatusCode.Unimplemented, await CallAsync(stranger, manager, Issue, Framed(bomb, compressed: true), "gzip"));
        // Marked as compressed in the message alone.
        Assert.NotEqual(StatusCode.OK, await CallAsync(stranger, manager, Issue, Framed(bomb[..1000], compressed: true)));
        Assert.InRange(GC.GetTotalAllocatedBytes() - before, 0, 64 << 20);
    }

    [Fact]
    public async Task More_than_a_stranger_may_say_is_not_read()
    {
        await using var hosts = new SwarmHosts();
        var manager = await hosts.InitAsync();
        using var stranger = Stranger();
        var request = new IssueRequest { Token = new('x', MessageBounds.MostOfStranger) }.ToByteArray();
        Assert.Equal(StatusCode.ResourceExhausted, await CallAsync(stranger, manager, Issue, Framed(request)));
        var fits = new IssueRequest { Token = new('x', MessageBounds.MostOfStranger - 100) }.ToByteArray();
        Assert.Equal(StatusCode.InvalidArgument, await CallAsync(stranger, manager, Issue, Framed(fits)));
    }

    [Theory]
    [InlineData("skein.Dispatcher/Session")]
    [InlineData("skein.Dispatcher/PublishLogs")]
    [InlineData("skein.NodeLogs/Read")]
    [InlineData("skein.Presence/Ask")]
    [InlineData("skein.Membership/AddManager")]
    public async Task A_call_that_needs_a_certificate_is_answered_while_its_body_never_ends(string method)
    {
        await using var hosts = new SwarmHosts();
        var manager = await hosts.InitAsync();
        using var stranger = Stranger();
        Assert.Equal(StatusCode.Unauthenticated, await CallAsync(stranger, manager, method, new EndlessContent()));
    }

    [Fact]
    public async Task Wrong_tokens_are_heard_ten_times_a_minute()
    {
        await using var hosts = new SwarmHosts();
        var manager = await hosts.InitAsync();
        using var stranger = Stranger();
        var request = new IssueRequest { Token = "SWMTKN-1-wrong" }.ToByteArray();
        for (var i = 0; i < 10; i++) Assert.Equal(StatusCode.InvalidArgument, await CallAsync(stranger, manager, Issue, Framed(request)));
        Assert.Equal(StatusCode.ResourceExhausted, await CallAsync(stranger, manager, Issue, Framed(request)));
        Assert.True(hosts.Logged("asked to join with a token that is not this swarm's"));
    }

    [Fact]
    public async Task Connections_that_show_nothing_are_so_many_and_no_more_and_nodes_go_on()
    {
        await using var hosts = new SwarmHosts();
        var manager = await hosts.InitAsync();
        var worker = await hosts.JoinAsync(manager, NodeRole.Worker);
        var open = new List<TcpClient>();
        try
        {
            for (var i = 0; i < 200; i++)
            {
                open.Add(new());
                // One that is turned away may be so before its connect is over here.
                await open[^1].ConnectAsync(IPAddress.Loopback, manager.Port).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            }
            await Poll.UntilAsync("the manager has closed what is too many", () => open.Count(IsClosed) >= 200 - 64);
            Assert.InRange(open.Count(client => !IsClosed(client)), 1, 64);
            Assert.Equal(LocalNodeState.Active, worker.Node.State);
        }
        finally
        {
            foreach (var client in open) client.Dispose();
        }
        await Poll.UntilAsync("who comes now is heard", () => JoinsAsync(hosts, manager), joins => joins);
    }

    [Fact]
    public async Task A_node_that_was_removed_is_no_node_whatever_its_certificate_says()
    {
        await using var hosts = new SwarmHosts();
        var manager = await hosts.InitAsync();
        var worker = await hosts.JoinAsync(manager, NodeRole.Worker);
        await hosts.UntilAsync("the worker is ready", () => manager.Node.Control!.Snapshot.Nodes.Find(worker.Node.NodeId)?.Status.State == NodeState.Ready);
        var identity = NodeIdentity.Load(Path.Combine(worker.Options.SwarmFolder, "certificates"), TimeProvider.System)!;
        using var channel = ManagerChannel.Open(manager.Address, identity);
        await manager.Node.Control!.RemoveNodeAsync(worker.Node.NodeId, true, default);

        using var session = new Dispatcher.DispatcherClient(channel).Session();
        await session.RequestStream.WriteAsync(new() { Hello = new() { AdvertiseAddr = "127.0.0.1", Description = new() } });
        Assert.Equal(StatusCode.PermissionDenied, (await Assert.ThrowsAsync<RpcException>(() => session.ResponseStream.MoveNext(Poll.Soon))).StatusCode);
        using var logs = new Dispatcher.DispatcherClient(channel).PublishLogs();
        Assert.Equal(StatusCode.PermissionDenied, (await Assert.ThrowsAsync<RpcException>(async () => await logs.ResponseAsync)).StatusCode);
        var renewal = new CertificateAuthority.CertificateAuthorityClient(channel).IssueNodeCertificateAsync(new() { Csr = ByteString.Empty });
        Assert.Equal(StatusCode.PermissionDenied, (await Assert.ThrowsAsync<RpcException>(async () => await renewal)).StatusCode);
    }

    [Fact]
    public async Task A_node_has_so_many_certificates_a_minute_and_no_more()
    {
        await using var hosts = new SwarmHosts();
        var manager = await hosts.InitAsync();
        var worker = await hosts.JoinAsync(manager, NodeRole.Worker);
        using var channel = ManagerChannel.Open(manager.Address, NodeIdentity.Load(Path.Combine(worker.Options.SwarmFolder, "certificates"), TimeProvider.System)!);
        var authority = new CertificateAuthority.CertificateAuthorityClient(channel);
        var request = new IssueRequest { Csr = ByteString.CopyFromUtf8(CertificateSigningRequest.Create([]).Pem) };
        var refusal = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            for (var i = 0; i <= CertificateAuthorityService.RenewalsOfNode; i++) await authority.IssueNodeCertificateAsync(request);
        });
        Assert.Equal(StatusCode.ResourceExhausted, refusal.StatusCode);
    }

    private static async Task<bool> JoinsAsync(SwarmHosts hosts, SwarmHost manager)
    {
        try
        {
            await hosts.JoinAsync(manager, NodeRole.Worker);
            return true;
        }
        catch (SkeinException)
        {
            return false;
        }
    }

    private static bool IsClosed(TcpClient client)
    {
        try
        {
            return !client.Connected || (client.Client.Poll(0, SelectMode.SelectRead) && client.Client.Available == 0);
        }
        catch (SocketException)
        {
            return true;
        }
    }

    private static HttpClient Stranger() => new(new SocketsHttpHandler
    {
        SslOptions = new() { EnabledSslProtocols = SslProtocols.Tls13, RemoteCertificateValidationCallback = (_, _, _, _) => true },
    })
    { Timeout = Poll.Patience };

    private static async Task<StatusCode> CallAsync(HttpClient stranger, SwarmHost manager, string method, HttpContent content, string coding = "")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"https://{manager.Address}/{method}")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };
        content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        request.Headers.TE.Add(new("trailers"));
        if (coding.Length > 0) request.Headers.Add("grpc-encoding", coding);
        using var response = await stranger.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        if (!response.Headers.TryGetValues("grpc-status", out var status))
        {
            await response.Content.CopyToAsync(Stream.Null);
            status = response.TrailingHeaders.GetValues("grpc-status");
        }
        return (StatusCode)int.Parse(status.Single(), System.Globalization.CultureInfo.InvariantCulture);
    }

    private static ByteArrayContent Framed(byte[] message, bool compressed = false)
    {
        var framed = new byte[message.Length + MessageBounds.Prefix];
        framed[0] = compressed ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteInt32BigEndian(framed.AsSpan(1), message.Length);
        message.CopyTo(framed.AsSpan(MessageBounds.Prefix));
        return new(framed);
    }

    /// <summary>128 members of gzip, of 16 MiB of zeros each: 2 MB for 2 GiB.</summary>
    private static byte[] Bomb()
    {
        using var member = new MemoryStream();
        using (var zip = new GZipStream(member, CompressionLevel.SmallestSize, leaveOpen: true)) zip.Write(new byte[16 << 20]);
        return [.. Enumerable.Repeat(member.ToArray(), 128).SelectMany(bytes => bytes)];
    }

    private sealed class EndlessContent : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync(new byte[] { 0, 0, 16, 0, 0 });
            while (true)
            {
                await stream.WriteAsync(new byte[1024]);
                await stream.FlushAsync();
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
