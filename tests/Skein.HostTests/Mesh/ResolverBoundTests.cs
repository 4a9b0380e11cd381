using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Skein.Agent.Dns;
using Skein.Agent.Session;
using Skein.Linux.Namespaces;
using Xunit;

namespace Skein.HostTests.Mesh;

/// <summary>A container that asks more than is answered: its nameserver's only other server says nothing, and time stands still.</summary>
[Collection(Alone.Name)]
public sealed class ResolverBoundTests : IAsyncDisposable
{
    // A question, its answer's room, a socket, a timer and what waits for them.
    private const long MemoryOfAQuestion = 24 << 10;

    private readonly string _folder = Directory.CreateTempSubdirectory("skein-bound-").FullName;
    private readonly FakeTimeProvider _time = new();
    private readonly NetworkNamespace _space;
    private readonly Socket _mute;
    private readonly Socket _client;
    private readonly ContainerResolver _resolver;
    private readonly byte[] _buffer = new byte[4096];
    private int _asked;

    public ResolverBoundTests()
    {
        _space = NetworkNamespace.Create(Path.Combine(_folder, "c"));
        _space.Run(() => Commands.Run("ip", "link", "set", "lo", "up"));
        _mute = NamespaceSockets.BindUdp(_space, new IPEndPoint(IPAddress.Loopback, 0));
        _client = NamespaceSockets.BindUdp(_space, new IPEndPoint(IPAddress.Loopback, 0));
        var state = new AssignmentState();
        var services = new ResolverServices(
            new(state, new BalancerProgress()), new HostResolvers(Path.Combine(_folder, "none")), null, _time, NullLoggerFactory.Instance);
        var view = new ContainerView([], new HashSet<string> { "own" }, [IPAddress.Parse("10.0.1.5")], MayForward: true);
        _resolver = new ContainerResolver(_space, new ResolverView(view, [(IPEndPoint)_mute.LocalEndPoint!]), 0, services);
    }

    public async ValueTask DisposeAsync()
    {
        await _resolver.DisposeAsync();
        _client.Dispose();
        _mute.Dispose();
        _space.Dispose();
        NetworkNamespace.Delete(Path.Combine(_folder, "c"));
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Questions_beyond_the_bound_are_dropped_and_own_names_answered_all_the_while()
    {
        await AskOwnNameAsync();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (var i = 0; i < 3 * ContainerResolver.MaxWaiting; i++)
        {
            await AskAsync($"n{i}.example");
            if (i % 32 == 0) await AskOwnNameAsync();   // all before it has been taken in
            if (i < ContainerResolver.MaxWaiting) await HeardAsync();
        }
        await AskOwnNameAsync();
        var taken = GC.GetTotalMemory(forceFullCollection: true) - before;
        Assert.Equal(0, _mute.Available);
        Assert.True(taken < ContainerResolver.MaxWaiting * MemoryOfAQuestion, $"{taken} bytes for {ContainerResolver.MaxWaiting} questions that wait");

        _time.Advance(Forwarder.ServerTimeout);
        // Those that have waited are given up one by one, and there is room again.
        await Poll.UntilAsync(
            "a question is passed on again",
            async () =>
            {
                await AskAsync("late.example");
                return _mute.Available;
            },
            waiting => waiting > 0);
    }

    private async Task HeardAsync() => await _mute.ReceiveAsync(_buffer, Poll.Soon);

    private async Task AskOwnNameAsync()
    {
        var id = await AskAsync("own");
        await _client.ReceiveAsync(_buffer, Poll.Soon);
        // To no other question there is an answer, a refusal neither.
        Assert.Equal((id, 1), (BinaryPrimitives.ReadUInt16BigEndian(_buffer), _buffer[7]));
    }

    private async Task<ushort> AskAsync(string name)
    {
        var id = (ushort)++_asked;
        byte[] question = [(byte)(id >> 8), (byte)id, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, .. name.Split('.').SelectMany(label => (byte[])[(byte)label.Length, .. Encoding.ASCII.GetBytes(label)]), 0, 0, 1, 0, 1];
        await _client.SendToAsync(question, new IPEndPoint(ContainerResolver.Address, _resolver.UdpPort));
        return id;
    }
}
