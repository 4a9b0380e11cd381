using Google.Protobuf;
using Skein.Manager.Store;
using Skein.Model;

namespace Skein.Manager.Control;

/// <summary>
/// The swarm's verbs, as Docker's API has them: validated, with Docker's messages, then one transaction. Any manager
/// serves them; none needs the leader. Errors are <see cref="SkeinException"/>.
/// </summary>
public interface ISwarmControl
{
    Snapshot Snapshot { get; }

    /// <summary>What has happened to services, networks and nodes since this manager knows of them.</summary>
    ChangeHistory History { get; }

    // Finding by id, name or unique id prefix; NotFound or "… is ambiguous (N matches found)" otherwise.
    T Find<T>(ObjectKind<T> kind, string idOrName) where T : class, IStoreObject, IMessage<T>, new();

    Task<Service> CreateServiceAsync(ServiceSpec spec, CancellationToken cancel);

    /// <param name="rollback">True restores the previous spec (Docker's rollback=previous); then <paramref name="spec"/> is not read.</param>
    Task<Service> UpdateServiceAsync(string id, ulong version, ServiceSpec spec, RegistryAuthSource auth, bool rollback, CancellationToken cancel);

    Task RemoveServiceAsync(string id, CancellationToken cancel);

    Task<Network> CreateNetworkAsync(NetworkSpec spec, CancellationToken cancel);

    Task RemoveNetworkAsync(string id, CancellationToken cancel);

    Task<T> CreateAsync<T>(ObjectKind<T> kind, DependencySpec spec, CancellationToken cancel) where T : class, IDependency, IMessage<T>, new();

    /// <summary>Of the labels alone.</summary>
    Task<T> UpdateAsync<T>(ObjectKind<T> kind, string id, ulong version, DependencySpec spec, CancellationToken cancel)
        where T : class, IDependency, IMessage<T>, new();

    Task RemoveAsync<T>(ObjectKind<T> kind, string id, CancellationToken cancel) where T : class, IDependency, IMessage<T>, new();

    Task<Node> UpdateNodeAsync(string id, ulong version, NodeSpec spec, CancellationToken cancel);

    Task RemoveNodeAsync(string id, bool force, CancellationToken cancel);

    /// <param name="rotateUnlockKey">Without meaning in a swarm without autolock, as in Docker.</param>
    Task<Cluster> UpdateClusterAsync(
        ulong version, ClusterSpec spec, bool rotateWorkerToken, bool rotateManagerToken, bool rotateUnlockKey, CancellationToken cancel);
}
