using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Skein.Agent.Dns.Wire;
using Skein.Linux.Namespaces;

namespace Skein.Agent.Dns;

/// <summary>
/// Asks outside resolvers for one container, one after the other, and hands back the first real answer as it came. No container
/// takes the places of another: a dead resolver holds one for seconds.
/// </summary>
internal sealed partial class Forwarder(TimeProvider time, ILogger<Forwarder> log)
{
    // Docker's figures: daemon/libnetwork/resolver.go.
    public const int MaxConcurrent = 1024;
    public static readonly TimeSpan ServerTimeout = TimeSpan.FromSeconds(4);

    private readonly SemaphoreSlim _slots = new(MaxConcurrent, MaxConcurrent);

    /// <returns>The reply's bytes with the query's id; a reply of ours (SERVFAIL, REFUSED, NXDOMAIN) when there is no other.</returns>
    public async Task<ReadOnlyMemory<byte>> ForwardAsync(
        ReadOnlyMemory<byte> message, DnsQuery query, Upstream upstream, bool overTcp, CancellationToken cancel)
    {
        // With nobody to ask, we are the only authority.
        if (upstream.Servers.Count == 0) return Own(message, query, DnsResponseCode.NameError);
        if (!_slots.Wait(0, CancellationToken.None)) return Own(message, query, DnsResponseCode.Refused);
        try
        {
            ReadOnlyMemory<byte>? refusal = null;
            foreach (var server in upstream.Servers)
            {
                if (await AskAsync(message, server, upstream.From, overTcp, cancel) is not { } reply) continue;
                if (CodeOf(reply) is not (DnsResponseCode.ServerFailure or DnsResponseCode.Refused)) return reply;
                refusal ??= reply;
            }
            return refusal ?? Own(message, query, DnsResponseCode.ServerFailure);
        }
        finally
        {
            _slots.Release();
        }
    }

    private async Task<ReadOnlyMemory<byte>?> AskAsync(
        ReadOnlyMemory<byte> message, IPEndPoint server, NetworkNamespace? from, bool overTcp, CancellationToken cancel)
    {
        using var deadline = new CancellationTokenSource(ServerTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, deadline.Token);
        try
        {
            return overTcp ? await AskTcpAsync(message, server, from, either.Token) : await AskUdpAsync(message, server, from, either.Token);
        }
        catch (Exception error) when (error is SocketException or IOException or DnsFormatException
            || (error is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            LogNoAnswer(log, server, error is OperationCanceledException ? "timed out" : error.Message);
            return null;
        }
    }

    // A socket of its own per question: a fresh source port and id, so that a forged reply has 32 bits to guess.
    private static async Task<ReadOnlyMemory<byte>> AskUdpAsync(
        ReadOnlyMemory<byte> message, IPEndPoint server, NetworkNamespace? from, CancellationToken cancel)
    {
        using var socket = OpenSocket(server, SocketType.Dgram, ProtocolType.Udp, from);
        await socket.ConnectAsync(server, cancel);
        var outgoing = message.ToArray();
        RandomNumberGenerator.Fill(outgoing.AsSpan(0, 2));
        await socket.SendAsync(outgoing, cancel);
        var buffer = new byte[4096];
        while (true)
        {
            var length = await socket.ReceiveAsync(buffer, cancel);
            if (!Answers(buffer.AsSpan(0, length), outgoing)) continue;
            message.Span[..2].CopyTo(buffer);
            return buffer.AsMemory(0, length);
        }
    }

    private static async Task<ReadOnlyMemory<byte>> AskTcpAsync(
        ReadOnlyMemory<byte> message, IPEndPoint server, NetworkNamespace? from, CancellationToken cancel)
    {
        using var socket = OpenSocket(server, SocketType.Stream, ProtocolType.Tcp, from);
        await socket.ConnectAsync(server, cancel);
        await using var stream = new NetworkStream(socket, ownsSocket: false);
        var framed = new byte[message.Length + 2];
        BinaryPrimitives.WriteUInt16BigEndian(framed, (ushort)message.Length);
        message.CopyTo(framed.AsMemory(2));
        await stream.WriteAsync(framed, cancel);
        var prefix = new byte[2];
        await stream.ReadExactlyAsync(prefix, cancel);
        var reply = new byte[BinaryPrimitives.ReadUInt16BigEndian(prefix)];
        await stream.ReadExactlyAsync(reply, cancel);
        return Answers(reply, message.Span) ? reply : throw new DnsFormatException("reply to another question");
    }

    private static Socket OpenSocket(IPEndPoint server, SocketType type, ProtocolType protocol, NetworkNamespace? from) =>
        from is null ? new Socket(server.AddressFamily, type, protocol) : NamespaceSockets.Open(from, server.AddressFamily, type, protocol);

    /// <summary>Same id, a response, and the same question but for letter case.</summary>
    internal static bool Answers(ReadOnlySpan<byte> reply, ReadOnlySpan<byte> query)
    {
        if (reply.Length < DnsHeader.Size || !reply[..2].SequenceEqual(query[..2])) return false;
        try
        {
            var replied = new DnsReader(reply);
            var asked = new DnsReader(query);
            var header = replied.ReadHeader();
            asked.ReadHeader();
            if (!header.IsResponse) return false;
            // A server that could not read the question may leave it out.
            if (header.Questions == 0) return header.Code != DnsResponseCode.NoError;
            return replied.ReadName() == asked.ReadName() && replied.ReadUInt32() == asked.ReadUInt32();
        }
        catch (DnsFormatException)
        {
            return false;
        }
    }

    private static DnsResponseCode CodeOf(ReadOnlyMemory<byte> reply) => (DnsResponseCode)(reply.Span[3] & 0xf);

    private static ReadOnlyMemory<byte> Own(ReadOnlyMemory<byte> message, in DnsQuery query, DnsResponseCode code)
    {
        var buffer = new byte[DnsQuery.PlainUdpSize];
        return buffer.AsMemory(0, DnsReply.WriteCode(message.Span, query, code, buffer));
    }
}
