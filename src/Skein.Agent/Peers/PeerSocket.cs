using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Skein.Agent.Networks;
using Skein.Linux.Namespaces;

namespace Skein.Agent.Peers;

/// <summary>
/// Asks nodes from this host's ingress namespace, by the tunnel that connections to their tasks would take. The kernel hands over only
/// answers with this socket's identifier; of what a container may flood it with, a tick reads no more than <see cref="MostRead"/>.
/// </summary>
internal sealed class PeerSocket : IDisposable
{
    public const int MostRead = 256;

    private readonly Socket _socket;
    private readonly Dictionary<ulong, (string Node, IPAddress Address)> _open = [];
    private readonly Dictionary<string, ulong> _secrets = new(StringComparer.Ordinal);
    private readonly byte[] _buffer = new byte[64];

    /// <exception cref="SocketException"/>
    /// <exception cref="IOException">There is no ingress namespace.</exception>
    public PeerSocket(string ingressPath)
    {
        using var space = NetworkNamespace.Open(ingressPath);
        // The kernel's own default lets nobody have such a socket, and the namespace may not have been tuned yet.
        Sysctl.Set(space, NamespaceLegs.EchoForAll);
        _socket = NamespaceSockets.Open(space, AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Icmp);
        _socket.Blocking = false;
    }

    /// <exception cref="SocketException">It cannot be asked from here.</exception>
    public void Ask(string node, IPAddress address)
    {
        Span<byte> message = stackalloc byte[PeerQuestion.Length];
        Span<byte> random = stackalloc byte[sizeof(ulong)];
        RandomNumberGenerator.Fill(random);
        var secret = BitConverter.ToUInt64(random);
        // Of each node only the last question counts, so that there are never more than nodes.
        Forget(node);
        PeerQuestion.Write(message, secret);
        _socket.SendTo(message, SocketFlags.None, new IPEndPoint(address, 0));
        (_open[secret], _secrets[node]) = ((node, address), secret);
    }

    /// <summary>Who has answered since the last time.</summary>
    public IReadOnlyList<string> Answers()
    {
        var answered = new List<string>();
        EndPoint from = new IPEndPoint(IPAddress.Any, 0);
        for (var i = 0; i < MostRead && _socket.Poll(0, SelectMode.SelectRead); i++)
        {
            var length = _socket.ReceiveFrom(_buffer, ref from);
            if (!PeerQuestion.TryReadAnswer(_buffer.AsSpan(0, length), out var secret)) continue;
            if (!_open.TryGetValue(secret, out var asked) || !asked.Address.Equals(((IPEndPoint)from).Address)) continue;
            Forget(asked.Node);
            answered.Add(asked.Node);
        }
        return answered;
    }

    public void Dispose() => _socket.Dispose();

    private void Forget(string node)
    {
        if (_secrets.Remove(node, out var before)) _open.Remove(before);
    }
}
