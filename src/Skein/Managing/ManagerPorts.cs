using System.Net;
using System.Net.Sockets;
using Skein.Model;

namespace Skein.Managing;

/// <summary>A manager's two ports: the swarm's, 2377 by default, and three above it etcd's for its peers, 2380 then.</summary>
internal static class ManagerPorts
{
    private const int EtcdOffset = 3;

    public static int EtcdPeer(IPEndPoint listen) => listen.Port + EtcdOffset;

    public static string EtcdPeerUrl(IPEndPoint advertised) => $"https://{new IPEndPoint(advertised.Address, EtcdPeer(advertised))}";

    /// <summary>Of a manager that others reach there.</summary>
    public static IReadOnlyList<int> Of(IPEndPoint advertised) => [advertised.Port, EtcdPeer(advertised)];

    /// <summary>Found out before the other managers count on this one.</summary>
    /// <exception cref="SkeinException">Another program has one of the two, or the address is not this host's.</exception>
    public static void RequireFree(IPEndPoint listen)
    {
        foreach (var port in (int[])[listen.Port, EtcdPeer(listen)])
        {
            var endpoint = new IPEndPoint(listen.Address, port);
            using var listener = new TcpListener(endpoint);
            try
            {
                listener.Start();
            }
            catch (SocketException e)
            {
                throw port == listen.Port ? CannotOpen(endpoint, e) : CannotOpen(endpoint, e, "; if it is Debian's own etcd that has it: systemctl disable --now etcd");
            }
        }
    }

    public static SkeinException CannotOpen(IPEndPoint endpoint, Exception why, string cure = "") =>
        new(ErrorKind.Internal, $"a manager's port cannot be opened on {endpoint}: {why.Message}{cure}", why);
}
