using System.Net;
using Skein.Manager.Store;

namespace Skein.Managing;

/// <summary>What a manager's part is run with.</summary>
/// <param name="Etcd">Path or name of the etcd program.</param>
/// <param name="Folder">Of this host's part in the swarm.</param>
/// <param name="Listen">Of the port for other nodes.</param>
/// <param name="Advertised">The same as others reach it.</param>
/// <param name="StoreKeys">What values in etcd are sealed with.</param>
/// <param name="Bootstrap">Not read when the folder holds a member's data.</param>
internal sealed record ManagerSettings(
    string Etcd, string Folder, string NodeId, IPEndPoint Listen, IPEndPoint Advertised, IReadOnlyList<byte[]> StoreKeys, EtcdBootstrap Bootstrap)
{
    public string EtcdFolder => EtcdFolderOf(Folder);

    public static string EtcdFolderOf(string folder) => Path.Combine(folder, "etcd");
}
