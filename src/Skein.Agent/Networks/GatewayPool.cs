using System.Net;
using System.Net.Sockets;
using Skein.Linux.Netlink;

namespace Skein.Agent.Networks;

/// <summary>Subnet and addresses of docker_gwbridge: .1 the host, .2 the ingress namespace, the rest containers.</summary>
internal sealed record GatewayPool(IPNetwork Subnet)
{
    // Docker's local pools behind 172.17, which is docker0's.
    private static readonly IReadOnlyList<IPNetwork> Others =
    [
        .. Enumerable.Range(18, 14).Select(second => new IPNetwork(new IPAddress([172, (byte)second, 0, 0]), 16)),
        .. Enumerable.Range(0, 16).Select(part => new IPNetwork(new IPAddress([192, 168, (byte)(part * 16), 0]), 20)),
    ];

    public InterfaceAddress Host => At(1);

    public InterfaceAddress Ingress => At(2);

    /// <summary>The wished subnet, or the first of Docker's that no route of the host leads into.</summary>
    /// <param name="taken">Destinations of the host's routes, the default route and docker_gwbridge's own left out.</param>
    public static GatewayPool Choose(IPNetwork wished, IReadOnlyCollection<IPNetwork> taken) =>
        new(Others.Prepend(wished).FirstOrDefault(candidate => !taken.Any(other => Overlap(candidate, other)), wished));

    /// <summary>The lowest address that is free; null when there is none.</summary>
    public InterfaceAddress? Free(IReadOnlySet<IPAddress> used)
    {
        var last = (1L << (32 - Subnet.PrefixLength)) - 2;
        for (var host = 3L; host <= last; host++)
        {
            var address = At((uint)host);
            if (!used.Contains(address.Address)) return address;
        }
        return null;
    }

    private static bool Overlap(IPNetwork a, IPNetwork b) =>
        a.BaseAddress.AddressFamily == AddressFamily.InterNetwork && b.BaseAddress.AddressFamily == AddressFamily.InterNetwork
        && (a.Contains(b.BaseAddress) || b.Contains(a.BaseAddress));

    private InterfaceAddress At(uint host)
    {
        Span<byte> bytes = stackalloc byte[4];
        Subnet.BaseAddress.TryWriteBytes(bytes, out _);
        var value = System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(bytes) + host;
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return new InterfaceAddress(new IPAddress(bytes), Subnet.PrefixLength);
    }
}
