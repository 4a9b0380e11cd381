using System.Net;
using System.Net.Sockets;
using Skein.Linux.Namespaces;
using Skein.Model;

namespace Skein.Agent.Mesh;

/// <summary>
/// Ports of this host that are led into containers, each held by a socket that nobody reads: what already listens there (ssh
/// on 22) is noticed and not cut off, and what comes later finds the port taken. One of TCP listens, as dockerd's does: two
/// sockets that let a port be used again, as most servers' do, may both be bound to it as long as neither listens.
/// </summary>
internal sealed class PortReservations(NetworkNamespace host) : IDisposable
{
    private readonly Dictionary<TransportPort, (string Owner, Socket? Socket)> _held = [];

    /// <summary>False when another owner or a program of the host has it. May be repeated by its owner.</summary>
    public bool TryHold(TransportPort port, string owner)
    {
        if (_held.TryGetValue(port, out var held)) return held.Owner == owner;
        if (!TryBind(port, out var socket)) return false;
        _held[port] = (owner, socket);
        return true;
    }

    /// <summary>A free port of the kernel's choice.</summary>
    public TransportPort HoldAny(PortProtocol protocol, string owner)
    {
        while (true)
        {
            var socket = Bind(new TransportPort(protocol, 0));
            var port = new TransportPort(protocol, (ushort)((IPEndPoint)socket.LocalEndPoint!).Port);
            if (_held.TryAdd(port, (owner, socket))) return port;
            socket.Dispose();
        }
    }

    public void Release(TransportPort port, string owner)
    {
        if (!_held.TryGetValue(port, out var held) || held.Owner != owner) return;
        _held.Remove(port);
        held.Socket?.Dispose();
    }

    public IReadOnlyList<TransportPort> HeldBy(string owner) => [.. _held.Where(h => h.Value.Owner == owner).Select(h => h.Key)];

    public void Dispose()
    {
        foreach (var held in _held.Values) held.Socket?.Dispose();
        _held.Clear();
    }

    private bool TryBind(TransportPort port, out Socket? socket)
    {
        socket = null;
        // The kernel may have no SCTP sockets, and translates its ports all the same.
        if (port.Protocol == PortProtocol.Sctp) return true;
        try
        {
            socket = Bind(port);
            return true;
        }
        catch (SocketException error) when (error.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            return false;
        }
    }

    private Socket Bind(TransportPort port) => host.Run(() =>
    {
        var (type, protocol) = port.Protocol == PortProtocol.Udp ? (SocketType.Dgram, ProtocolType.Udp) : (SocketType.Stream, ProtocolType.Tcp);
        var socket = new Socket(AddressFamily.InterNetwork, type, protocol) { ExclusiveAddressUse = true };
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Any, port.Port));
            if (type == SocketType.Stream) socket.Listen(1);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    });
}
