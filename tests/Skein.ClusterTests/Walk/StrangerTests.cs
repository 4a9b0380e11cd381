using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using Skein.ClusterTests.Lab;
using Skein.Linux.Namespaces;
using Xunit;

namespace Skein.ClusterTests.Walk;

/// <summary>A computer of the LAN that is no host, and has neither certificate nor token, before a manager that runs.</summary>
public sealed class StrangerTests(StrangerTests.OneHost lab) : IClassFixture<StrangerTests.OneHost>
{
    private const int Port = 2377;
    private const long MostKiB = 64 << 10;

    /// <summary>No daemon of ours is smaller: something else was measured.</summary>
    private const long LeastKiB = 20 << 10;

    [Fact]
    public async Task Whatever_a_stranger_sends_a_managers_memory_stays()
    {
        await lab.Host(1).OutputOfAsync($"swarm init --advertise-addr {LabFixture.Address(1)}");
        using var lan = NetworkNamespace.Open($"/run/netns/skein-lab-{lab.Name}");
        using var stranger = new HttpClient(new SocketsHttpHandler
        {
            SslOptions = new() { RemoteCertificateValidationCallback = (_, _, _, _) => true },
            ConnectCallback = async (context, cancel) => new NetworkStream(await ConnectAsync(lan, cancel), ownsSocket: true),
        })
        { Timeout = Poll.Patience };
        var before = await PeakKiBAsync();
        Assert.InRange(before, LeastKiB, long.MaxValue);

        // Each is 2 MB, and would be 2 GiB.
        var bomb = Bomb();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => SendAsync(stranger, bomb)));
        var silent = new List<Socket>();
        for (var i = 0; i < 300; i++) silent.Add(await ConnectAsync(lan, Poll.Soon));

        var grown = await PeakKiBAsync() - before;
        silent.ForEach(socket => socket.Dispose());
        TestContext.Current.TestOutputHelper?.WriteLine($"the daemon's peak grew by {grown} KiB from {before} KiB");
        Assert.InRange(grown, 0, MostKiB);
        Assert.Equal("active", await lab.Host(1).OutputOfAsync("info --format {{.Swarm.LocalNodeState}}"));
    }

    /// <summary>Of the daemon itself: its program is looked for, since the words of this command name it too.</summary>
    private async Task<long> PeakKiBAsync() => long.Parse(
        await lab.InsideAsync(1, "for p in /proc/[0-9]*; do case $(readlink $p/exe) in */skein) awk '/VmHWM/ {print $2}' $p/status;; esac; done | sort -n | tail -1"),
        CultureInfo.InvariantCulture);

    private static async Task<Socket> ConnectAsync(NetworkNamespace lan, CancellationToken cancel)
    {
        var socket = NamespaceSockets.Open(lan, AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Parse(LabFixture.Address(1)), Port, cancel).AsTask().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return socket;
    }

    private static async Task SendAsync(HttpClient stranger, byte[] bomb)
    {
        var framed = new byte[bomb.Length + 5];
        framed[0] = 1;
        BinaryPrimitives.WriteInt32BigEndian(framed.AsSpan(1), bomb.Length);
        bomb.CopyTo(framed.AsSpan(5));
        using var request = new HttpRequestMessage(HttpMethod.Post, $"https://{LabFixture.Address(1)}:{Port}/skein.CertificateAuthority/IssueNodeCertificate")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(framed),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        request.Headers.Add("grpc-encoding", "gzip");
        using var response = await stranger.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal("12", response.Headers.GetValues("grpc-status").Single());
    }

    private static byte[] Bomb()
    {
        using var member = new MemoryStream();
        using (var zip = new GZipStream(member, CompressionLevel.SmallestSize, leaveOpen: true)) zip.Write(new byte[16 << 20]);
        return [.. Enumerable.Repeat(member.ToArray(), 128).SelectMany(bytes => bytes)];
    }

    public sealed class OneHost() : LabFixture(1);
}
