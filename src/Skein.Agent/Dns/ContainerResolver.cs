using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Skein.Agent.Dns.Wire;
using Skein.Linux.Namespaces;
using Skein.Model.Specs;

namespace Skein.Agent.Dns;

/// <summary>
/// The nameserver of one container: sockets on 127.0.0.11 inside its namespace, served here. Not on port 53, which belongs
/// to the container's own programs: the namespace's nftables lead 53 to the ports chosen.
/// </summary>
internal sealed partial class ContainerResolver : IAsyncDisposable
{
    public static readonly IPAddress Address = IPAddress.Parse("127.0.0.11");

    /// <summary>Docker's: a virtual address outlives every task of its service.</summary>
    public const uint TimeToLive = 600;

    /// <summary>Of a task's own address: no longer than a task that leaves goes on after its last answer.</summary>
    public static readonly uint TaskTimeToLive = (uint)DrainTimeout.AddressLife.TotalSeconds;

    private const int MaxUdpQuery = 2048;
    private const int MaxUdpReply = 2 * MaxUdpQuery;

    /// <summary>Of a container: its own programs are all that can connect, and what they open is this daemon's memory and its files.</summary>
    public const int MaxTcpConnections = 64;

    /// <summary>Questions whose answers are waited for: others are asked, or the balancers are behind. One more goes unanswered, as on a busy server.</summary>
    public const int MaxWaiting = 1024;

    /// <summary>Without a question, and for one that the client does not take the answer of.</summary>
    private static readonly TimeSpan TcpIdle = TimeSpan.FromSeconds(10);

    /// <summary>When no connection can be taken at all (no file is left): it is tried again, and not in a circle.</summary>
    private static readonly TimeSpan AcceptPause = TimeSpan.FromMilliseconds(100);

    /// <summary>For the balancers to learn a name that is new; a client asks again after five seconds, and must not come to that.</summary>
    private static readonly TimeSpan BalancersPatience = TimeSpan.FromMilliseconds(500);

    private readonly NetworkNamespace _space;
    private readonly Socket _udp;
    private readonly Socket _tcp;
    private readonly ResolverServices _services;
    private readonly Forwarder _forwarder;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _serving;
    private volatile ResolverView _view;
    private uint _rotation;
    private int _connections;
    private int _waiting;

    /// <param name="preferredPort">Taken when free: a daemon that restarts finds its old port, which clients' flows still lead to.</param>
    public ContainerResolver(NetworkNamespace space, ResolverView view, int preferredPort, ResolverServices services)
    {
        _space = space;
        _view = view;
        _services = services;
        _forwarder = new(services.Time, services.Logs.CreateLogger<Forwarder>());
        _log = services.Logs.CreateLogger<ContainerResolver>();
        _udp = OpenNear(preferredPort, local => NamespaceSockets.BindUdp(space, local));
        try
        {
            _tcp = OpenNear(preferredPort, local => NamespaceSockets.ListenTcp(space, local));
        }
        catch
        {
            _udp.Dispose();
            throw;
        }
        _serving = Task.WhenAll(ServeUdpAsync(_stop.Token), ServeTcpAsync(_stop.Token));
    }

    public int UdpPort => ((IPEndPoint)_udp.LocalEndPoint!).Port;

    public int TcpPort => ((IPEndPoint)_tcp.LocalEndPoint!).Port;

    public void Change(ResolverView view) => _view = view;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _udp.Dispose();
        _tcp.Dispose();
        await _serving;
        _stop.Dispose();
    }

    private static Socket OpenNear(int preferredPort, Func<IPEndPoint, Socket> open)
    {
        try
        {
            return open(new IPEndPoint(Address, preferredPort));
        }
        catch (SocketException error) when (error.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            return open(new IPEndPoint(Address, 0));
        }
    }

    private async Task ServeUdpAsync(CancellationToken cancel)
    {
        var query = new byte[MaxUdpQuery];
        var reply = new byte[MaxUdpReply];
        var client = new SocketAddress(AddressFamily.InterNetwork);
        while (!cancel.IsCancellationRequested)
        {
            try
            {
                var length = await _udp.ReceiveFromAsync(query, SocketFlags.None, client, cancel);
                if (Answer(query.AsSpan(0, length), reply, overTcp: false, out var parsed, out var early) is { } replyLength && !early)
                {
                    if (replyLength > 0) await _udp.SendToAsync(reply.AsMemory(0, replyLength), SocketFlags.None, client, cancel);
                    continue;
                }
                if (Volatile.Read(ref _waiting) >= MaxWaiting) continue;
                // The loop goes on while others are asked, or waited for: what it holds is copied.
                Interlocked.Increment(ref _waiting);
                _ = ReplyLaterAsync(query.AsMemory(0, length).ToArray(), parsed, early, Copy(client), cancel);
            }
            catch (Exception error) when (error is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException error)
            {
                // ECONNREFUSED: a client went away before its reply. Anything else would repeat, and is told.
                if (error.SocketErrorCode is not (SocketError.ConnectionRefused or SocketError.ConnectionReset))
                    LogSocketError(_log, _space.Path, error.Message);
            }
        }
    }

    private async Task ReplyLaterAsync(byte[] message, DnsQuery query, bool early, SocketAddress client, CancellationToken cancel)
    {
        try
        {
            // What others are to be asked has been looked up already.
            var reply = early ? await ReplyAsync(message, overTcp: false, cancel) : await ForwardAsync(message, query, overTcp: false, cancel);
            if (reply.Length > 0) await _udp.SendToAsync(reply, SocketFlags.None, client, cancel);
        }
        catch (Exception error) when (error is OperationCanceledException or ObjectDisposedException or SocketException or IOException or UnauthorizedAccessException)
        {
            LogReplyLost(_log, query.Name, error.Message);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    private async Task ServeTcpAsync(CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
        {
            try
            {
                var client = await _tcp.AcceptAsync(cancel);
                if (Interlocked.Increment(ref _connections) <= MaxTcpConnections) _ = ServeConnectionAsync(client, cancel);
                else
                {
                    Interlocked.Decrement(ref _connections);
                    client.Dispose();
                }
            }
            catch (Exception error) when (error is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException error)
            {
                LogSocketError(_log, _space.Path, error.Message);
                await Task.Delay(AcceptPause, _services.Time, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task ServeConnectionAsync(Socket socket, CancellationToken cancel)
    {
        await using var stream = new NetworkStream(socket, ownsSocket: true);
        using var idle = new CancellationTokenSource(Timeout.InfiniteTimeSpan, _services.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, idle.Token);
        try
        {
            var prefix = new byte[2];
            while (true)
            {
                idle.CancelAfter(TcpIdle);
                await stream.ReadExactlyAsync(prefix, either.Token);
                var length = BinaryPrimitives.ReadUInt16BigEndian(prefix);
                if (length > MaxUdpQuery) return;   // no question is so long
                var message = new byte[length];
                await stream.ReadExactlyAsync(message, either.Token);
                idle.CancelAfter(Timeout.InfiniteTimeSpan);
                var reply = await ReplyAsync(message, overTcp: true, cancel);
                if (reply.Length == 0) return;
                var framed = new byte[reply.Length + 2];
                BinaryPrimitives.WriteUInt16BigEndian(framed, (ushort)reply.Length);
                reply.CopyTo(framed.AsMemory(2));
                idle.CancelAfter(TcpIdle);
                await stream.WriteAsync(framed, either.Token);
            }
        }
        catch (Exception error) when (error is OperationCanceledException or IOException or ObjectDisposedException or SocketException)
        {
            // The client hung up, or kept silent for too long.
        }
        catch (UnauthorizedAccessException error)
        {
            LogSocketError(_log, _space.Path, error.Message);
        }
        finally
        {
            Interlocked.Decrement(ref _connections);
        }
    }

    /// <summary>A reply that may take its time; empty for none.</summary>
    private async Task<ReadOnlyMemory<byte>> ReplyAsync(byte[] message, bool overTcp, CancellationToken cancel)
    {
        var reply = new byte[overTcp ? ushort.MaxValue : MaxUdpReply];
        var length = Answer(message, reply, overTcp, out var query, out var early);
        if (early)
        {
            await WaitForBalancersAsync(cancel);
            length = Answer(message, reply, overTcp, out query, out _);
        }
        return length is { } own ? reply.AsMemory(0, own) : await ForwardAsync(message, query, overTcp, cancel);
    }

    private async Task WaitForBalancersAsync(CancellationToken cancel)
    {
        using var patience = new CancellationTokenSource(BalancersPatience, _services.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, patience.Token);
        try
        {
            await _services.Names.WhenBalancedAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            // The mesh is busy, or can't have its way with some namespace: the name is true all the same.
        }
    }

    private Task<ReadOnlyMemory<byte>> ForwardAsync(byte[] message, DnsQuery query, bool overTcp, CancellationToken cancel)
    {
        var view = _view;
        var upstream = view.Servers.Count > 0 ? new Upstream(view.Servers, _space) : new Upstream(_services.Host.Current, _services.HostSpace);
        return _forwarder.ForwardAsync(message, query, upstream, overTcp, cancel);
    }

    /// <summary>The reply's length, 0 for none; null when others must be asked.</summary>
    /// <param name="early">The name is newer than the balancers' tables: who connects at once would be refused.</param>
    private int? Answer(ReadOnlySpan<byte> message, Span<byte> reply, bool overTcp, out DnsQuery query, out bool early)
    {
        early = false;
        try
        {
            query = DnsQuery.Parse(message);
        }
        catch (DnsFormatException)
        {
            query = default;
            return DnsReply.WriteFormatError(message, reply);
        }
        var (names, view) = (_services.Names, _view.Container);
        early = !names.IsBalanced
            && !NameAnswerer.Answer(names.Current, view, query.Name, query.Type).IsUnknown
            && NameAnswerer.Answer(names.Balanced, view, query.Name, query.Type).IsUnknown;
        var space = overTcp ? reply : reply[..Math.Min(reply.Length, query.UdpSize)];
        return LocalReply.Write(names.Current, view, message, query, unchecked(_rotation++), space);
    }

    private static SocketAddress Copy(SocketAddress address)
    {
        var copy = new SocketAddress(address.Family, address.Size);
        address.Buffer.Span[..address.Size].CopyTo(copy.Buffer.Span);
        return copy;
    }
}
