namespace Skein.Manager.Store;

/// <summary>A value in etcd cannot be opened with the swarm's key.</summary>
public sealed class SealBrokenException(string etcdKey, string why) : Exception($"the stored value of {etcdKey} cannot be opened: {why}");
