using System.Net;
using System.Text;
using Skein.Model;

namespace Skein.Manager.Store;

/// <summary>How this manager's etcd member is run.</summary>
/// <param name="Binary">Path or name of etcd, 3.4 or newer.</param>
/// <param name="Folder">Holds its data and its socket; made when missing.</param>
/// <param name="Name">Of the member: the node's id.</param>
/// <param name="PeerListen">Where it listens for its peers, e.g. 0.0.0.0:2380.</param>
/// <param name="PeerUrl">Where its peers reach it, e.g. https://192.168.56.11:2380.</param>
/// <param name="QuotaBytes">Of its data: a member that has more takes no writes. 8 GiB is the most that etcd advises.</param>
public sealed record EtcdOptions(string Binary, string Folder, string Name, IPEndPoint PeerListen, string PeerUrl, long QuotaBytes = 8L << 30)
{
    /// <summary>etcd names a unix socket by host:port, relative to its working directory; this is both.</summary>
    internal const string SocketName = "client:0";

    /// <summary>What a unix socket's address holds (unix(7)), but for its final zero.</summary>
    private const int LongestSocketPath = 107;

    /// <exception cref="SkeinException">The folder's path leaves no room for the socket's.</exception>
    public static void RequireShort(string folder)
    {
        var path = Path.Combine(folder, SocketName);
        if (Encoding.UTF8.GetByteCount(path) is > LongestSocketPath and var length)
        {
            throw SkeinException.Invalid(
                $"the data root is too long for a manager: the socket of its etcd would be {path}, which has {length} bytes, " +
                $"and a unix socket's path has at most {LongestSocketPath}. Choose a shorter data-root");
        }
    }

    public string SocketPath => Path.Combine(Folder, SocketName);

    internal string DataFolder => DataFolderOf(Folder);

    internal static string DataFolderOf(string folder) => Path.Combine(folder, "data");

    /// <summary>Stands there once the member has had company: its pace is that of several from then on.</summary>
    internal string SeveralPath => Path.Combine(Folder, "several");

    /// <summary>Certificates that are not taken of peers: etcd reads it at each handshake.</summary>
    internal string RevokedPath => Path.Combine(Folder, "revoked.crl");

    /// <summary>etcd reads its root at its start: one that runs with another has another name in its arguments.</summary>
    internal string RootPath(string digest) => Path.Combine(Folder, $"root-{digest}.pem");

    internal string LogPath => Path.Combine(Folder, "etcd.log");
}
