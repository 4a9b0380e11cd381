using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Skein.Model;

namespace Skein.NodeLife;

/// <summary>Reads --listen-addr, --advertise-addr and --data-path-addr, and finds the address to advertise when none is given.</summary>
internal static class SwarmAddresses
{
    public const int DefaultPort = 2377;

    /// <summary>ip:port, or either alone.</summary>
    /// <exception cref="SkeinException">In Docker's words; none at all is no wish for a default either.</exception>
    public static IPEndPoint Listen(string text)
    {
        if (text.Length == 0) throw SkeinException.Invalid("invalid ListenAddr \"\": invalid empty address");
        var (host, port) = Split(text);
        if (host.Length == 0) return new(IPAddress.Any, port);
        return new(Address(host, "listen address must be an IP address or network interface (with optional port number)"), port);
    }

    /// <summary>Without a port of its own it is at the one that is listened on.</summary>
    /// <param name="towards">A host that the address must reach, e.g. the manager to join; null = none.</param>
    public static IPEndPoint Advertise(string text, string byDefault, IPEndPoint listen, IPEndPoint? towards)
    {
        var given = text.Length > 0 ? text : byDefault;
        if (given.Length > 0)
        {
            var (host, port) = Split(given, listen.Port);
            var address = Address(host, text.Length > 0
                ? "advertise address must be a non-zero IP address or network interface (with optional port number)"
                : "default advertise address must be a non-zero IP address or network interface (without a port number)");
            return new(NotAny(address, "advertise address must be a non-zero IP address or network interface (with optional port number)"), port);
        }
        if (!listen.Address.Equals(IPAddress.Any) && !listen.Address.Equals(IPAddress.IPv6Any)) return listen;
        return new(towards is null ? OnlyAddress() : SourceTowards(towards), listen.Port);
    }

    /// <summary>Where this host itself reaches what listens there.</summary>
    public static IPEndPoint FromHere(IPEndPoint listen) =>
        listen.Address.Equals(IPAddress.Any) ? new(IPAddress.Loopback, listen.Port)
        : listen.Address.Equals(IPAddress.IPv6Any) ? new(IPAddress.IPv6Loopback, listen.Port)
        : listen;

    /// <summary>--data-path-addr; null = none given, so that of advertise.</summary>
    public static IPAddress? DataPath(string text)
    {
        const string bad = "data path address must be a non-zero IP address or network interface (without a port number)";
        return text.Length == 0 ? null : NotAny(Address(text, bad), bad);
    }

    private static IPAddress Address(string host, string otherwise) =>
        IPAddress.TryParse(host, out var address) ? address : OfInterface(host, otherwise);

    private static IPAddress NotAny(IPAddress address, string otherwise) =>
        address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any) ? throw SkeinException.Invalid(otherwise) : address;

    /// <summary>Where a manager to be joined is; the port is 2377 unless given.</summary>
    public static IPEndPoint Remote(string text)
    {
        if (text.Length == 0) throw SkeinException.Invalid("invalid remoteAddr \"\": invalid empty address");
        var (host, port) = Split(text);
        if (IPAddress.TryParse(host, out var address)) return new(address, port);
        try
        {
            return new(Dns.GetHostAddresses(host)[0], port);
        }
        catch (SocketException e)
        {
            throw new SkeinException(ErrorKind.InvalidArgument, $"the manager's address \"{text}\" cannot be resolved: {e.Message}", e);
        }
    }

    private static (string Host, int Port) Split(string text, int byDefault = DefaultPort)
    {
        // With brackets .NET takes a port for a part of the address, and drops it.
        if (!text.StartsWith('[') && IPAddress.TryParse(text, out _)) return (text, byDefault);
        if (text.EndsWith(']')) return (text.Trim('[', ']'), byDefault);
        var colon = text.LastIndexOf(':');
        if (colon < 0) return (text, byDefault);
        if (!int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port > ushort.MaxValue)
            throw SkeinException.Invalid($"invalid port in address \"{text}\"");
        return (text[..colon].Trim('[', ']'), port);
    }

    private static IPAddress OfInterface(string name, string otherwise)
    {
        var device = NetworkInterface.GetAllNetworkInterfaces().FirstOrDefault(candidate => candidate.Name == name)
            ?? throw SkeinException.Invalid(otherwise);
        var addresses = Usable(device);
        return addresses.Count switch
        {
            1 => addresses[0],
            0 => throw SkeinException.Invalid($"interface {name} has no usable IPv4 or IPv6 address"),
            _ => throw SkeinException.Invalid($"interface {name} has more than one address ({addresses[0]} and {addresses[1]})"),
        };
    }

    private static IPAddress OnlyAddress()
    {
        var all = NetworkInterface.GetAllNetworkInterfaces()
            .Where(device => device.OperationalStatus == OperationalStatus.Up && device.NetworkInterfaceType != NetworkInterfaceType.Loopback)
            .Where(device => device.Name != KnownNetworks.GatewayBridge)
            .SelectMany(device => Usable(device).Select(address => (device.Name, Address: address)))
            .ToList();
        return all switch
        {
            [] => throw SkeinException.Invalid("could not find the system's IP address - specify one with --advertise-addr"),
            [var only] => only.Address,
            [var one, var two, ..] when one.Name == two.Name => throw SkeinException.Invalid(
                $"could not choose an IP address to advertise since this system has multiple addresses on interface {one.Name} " +
                $"({one.Address} and {two.Address}) - specify one with --advertise-addr"),
            [var one, var two, ..] => throw SkeinException.Invalid(
                $"could not choose an IP address to advertise since this system has multiple addresses on different interfaces " +
                $"({one.Address} on {one.Name} and {two.Address} on {two.Name}) - specify one with --advertise-addr"),
        };
    }

    internal static List<IPAddress> Usable(NetworkInterface device)
    {
        var addresses = device.GetIPProperties().UnicastAddresses.Select(unicast => unicast.Address).ToList();
        var v4 = addresses.Where(address => address.AddressFamily == AddressFamily.InterNetwork).ToList();
        return v4.Count > 0 ? v4 : [.. addresses.Where(address => address.AddressFamily == AddressFamily.InterNetworkV6 && !address.IsIPv6LinkLocal)];
    }

    /// <summary>The source address of the route there; nothing is sent.</summary>
    private static IPAddress SourceTowards(IPEndPoint remote)
    {
        using var socket = new Socket(remote.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            socket.Connect(remote);
            return ((IPEndPoint)socket.LocalEndPoint!).Address;
        }
        catch (SocketException e)
        {
            throw new SkeinException(ErrorKind.InvalidArgument,
                $"could not find the system's address towards {remote}: {e.Message} - specify one with --advertise-addr", e);
        }
    }
}
