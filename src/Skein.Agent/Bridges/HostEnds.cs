using System.Net;
using System.Net.Sockets;
using Skein.Agent.Mesh;
using Skein.Linux.Namespaces;
using Skein.Model;

namespace Skein.Agent.Bridges;

/// <summary>
/// Ends of this host that lead to users' containers, each held by a socket that nobody reads: what listens there already is noticed
/// and not cut off, and what comes later finds the port taken, be it the swarm's mesh.
/// </summary>
/// <param name="most">Each is a file of this daemon.</param>
internal sealed class HostEnds(NetworkNamespace host, int most) : IDisposable
{
    // The kernel chooses at random of some 28,000: where none of so many is free, hardly one is.
    private const int Tries = 256;

    private readonly Dictionary<HostEnd, (string Owner, Socket? Socket)> _held = [];

    // The same, by their ports: some containers have thousands.
    private readonly Dictionary<TransportPort, List<HostEnd>> _byPort = [];

    /// <exception cref="SkeinException">So many more would be more than this daemon can hold. An image may expose every port there is.</exception>
    public void CheckRoom(int more)
    {
        if (more > most - _held.Count) throw SkeinException.Unavailable($"too many published ports: this daemon can hold {Math.Max(0, most - _held.Count)} more, and {more} are wanted");
    }

    /// <exception cref="SkeinException">Somebody has it, in Docker's words.</exception>
    public void Hold(HostEnd end, string owner)
    {
        if (_byPort.GetValueOrDefault(end.Port)?.Exists(held => held.Meets(end)) == true) throw SkeinException.Conflict($"Bind for {end} failed: port is already allocated");
        try
        {
            Keep(end, owner, Bind(end, end.Port.Port));
        }
        catch (SocketException error)
        {
            throw SkeinException.Conflict($"failed to bind host port {end}/{end.Port.ProtocolName}: {Reason(error)}");
        }
    }

    /// <summary>One that a running container has had all along: it stays its own, whoever has bound it while no daemon was there.</summary>
    public void HoldAgain(HostEnd end, string owner)
    {
        try
        {
            Hold(end, owner);
        }
        catch (SkeinException)
        {
            if (!_held.ContainsKey(end)) Keep(end, owner, null);
        }
    }

    /// <summary>A port of the kernel's choice that is free at all of these addresses.</summary>
    public ushort HoldAny(PortProtocol protocol, IReadOnlyList<IPAddress> addresses, string owner)
    {
        for (var tries = 0; tries < Tries; tries++)
        {
            var port = Choose(protocol, addresses[0]);
            if (TryHoldAll(new TransportPort(protocol, port), addresses, owner)) return port;
        }
        throw SkeinException.Conflict("all ports are allocated");
    }

    private ushort Choose(PortProtocol protocol, IPAddress address)
    {
        // SCTP has no sockets everywhere: what is free for TCP has no user by habit.
        var end = new HostEnd(new TransportPort(protocol == PortProtocol.Sctp ? PortProtocol.Tcp : protocol, 0), address);
        try
        {
            using var chosen = Bind(end, 0);
            return (ushort)((IPEndPoint)chosen!.LocalEndPoint!).Port;
        }
        catch (SocketException error)
        {
            throw SkeinException.Conflict($"failed to bind host port {end}/{protocol.ToString().ToLowerInvariant()}: {Reason(error)}");
        }
    }

    /// <summary>All or none.</summary>
    public bool TryHoldAll(TransportPort port, IReadOnlyList<IPAddress> addresses, string owner)
    {
        var ends = addresses.Select(address => new HostEnd(port, address)).ToList();
        try
        {
            foreach (var end in ends) Hold(end, owner);
            return true;
        }
        catch (SkeinException)
        {
            foreach (var end in ends) Release(end, owner);
            return false;
        }
    }

    public void Release(string owner)
    {
        foreach (var end in _held.Where(held => held.Value.Owner == owner).Select(held => held.Key).ToList()) Release(end, owner);
    }

    public void Release(HostEnd end, string owner)
    {
        if (!_held.TryGetValue(end, out var held) || held.Owner != owner) return;
        held.Socket?.Dispose();
        _held.Remove(end);
        _byPort[end.Port].Remove(end);
    }

    public void Dispose()
    {
        foreach (var held in _held.Values) held.Socket?.Dispose();
        _held.Clear();
        _byPort.Clear();
    }

    private void Keep(HostEnd end, string owner, Socket? socket)
    {
        _held[end] = (owner, socket);
        if (!_byPort.TryGetValue(end.Port, out var ends)) _byPort[end.Port] = ends = [];
        ends.Add(end);
    }

    private static string Reason(SocketException error) => error.SocketErrorCode switch
    {
        SocketError.AddressAlreadyInUse => "address already in use",
        SocketError.AddressNotAvailable => "cannot assign requested address",
        _ => error.Message,
    };

    private Socket? Bind(HostEnd end, int port)
    {
        // The kernel may have no SCTP sockets, and translates its ports all the same.
        if (end.Port.Protocol == PortProtocol.Sctp) return null;
        return host.Run(() =>
        {
            var (type, protocol) = end.Port.Protocol == PortProtocol.Udp ? (SocketType.Dgram, ProtocolType.Udp) : (SocketType.Stream, ProtocolType.Tcp);
            var socket = new Socket(end.Address.AddressFamily, type, protocol) { ExclusiveAddressUse = true };
            try
            {
                if (end.IsIPv6) socket.DualMode = false;
                socket.Bind(new IPEndPoint(end.Address, port));
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
}
