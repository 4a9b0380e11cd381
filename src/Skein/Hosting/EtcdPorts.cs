using System.Net;

namespace Skein.Hosting;

/// <summary>etcd's port for its peers stands three above the swarm's: 2380 beside 2377.</summary>
internal static class EtcdPorts
{
    private const int Offset = 3;

    public static int Peer(IPEndPoint listen) => listen.Port + Offset;

    public static string PeerUrl(SwarmMemory memory) =>
        $"https://{new IPEndPoint(IPAddress.Parse(memory.AdvertiseAddr), memory.AdvertisePort + Offset)}";
}
