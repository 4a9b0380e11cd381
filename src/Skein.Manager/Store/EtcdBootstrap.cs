namespace Skein.Manager.Store;

/// <summary>How a member without data begins: as the first of a new cluster, or as one that the others have added. etcd reads it only then.</summary>
/// <param name="ClusterToken">The same for all members of a swarm; keeps members of different swarms apart.</param>
/// <param name="Forced">Read with data too: the member drops all others, and is a cluster of its own. Once that has been done it must not be said again.</param>
/// <param name="Members">Name and peer URL of every member, itself included.</param>
public sealed record EtcdBootstrap(string ClusterToken, bool NewCluster, IReadOnlyList<(string Name, string PeerUrl)> Members, bool Forced = false);
