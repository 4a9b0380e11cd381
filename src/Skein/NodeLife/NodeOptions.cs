namespace Skein.NodeLife;

/// <param name="SwarmFolder">Where this host's part in a swarm stands; what is not there is of no swarm.</param>
/// <param name="ClearFolder">In memory alone: where etcd finds what lies on no disk in the clear.</param>
/// <param name="Etcd">Path or name of the etcd program that managers run.</param>
/// <param name="DefaultAdvertiseAddr">Address or interface for an init or join that names none; empty = found out.</param>
internal sealed record NodeOptions(string SwarmFolder, string ClearFolder, string Etcd, string DefaultAdvertiseAddr);
