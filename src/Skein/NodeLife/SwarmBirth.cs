using System.Text;
using Google.Protobuf;
using Skein.Manager.Allocation;
using Skein.Manager.Certificates;
using Skein.Manager.Control;
using Skein.Manager.Store;
using Skein.Model;
using Skein.Model.Specs;

namespace Skein.NodeLife;

/// <summary>What `docker swarm init` writes: the cluster, its first node, and the ingress network. Pure.</summary>
internal static class SwarmBirth
{
    public static readonly IReadOnlyList<string> DefaultPool = ["10.0.0.0/8"];
    public const uint DefaultSubnetSize = 24;
    public const uint DefaultDataPathPort = 4789;

    public static Changes Of(SwarmInitRequest request, string clusterId, string ingressId, Node first, RootAuthority authority, IJoinTokenSource tokens, TimeProvider time, IIdSource ids)
    {
        var changes = new Changes();
        changes.Put(ClusterOf(request, clusterId, authority, tokens, ids));
        changes.Put(first);
        changes.Put(Ingress(ingressId));
        BirthAllocation.OfSwarm(changes, time.GetUtcNow(), ids);
        return changes;
    }

    private static Cluster ClusterOf(SwarmInitRequest request, string id, RootAuthority authority, IJoinTokenSource tokens, IIdSource ids)
    {
        var spec = request.Spec.Clone();
        spec.Annotations ??= new();
        if (spec.Annotations.Name.Length == 0) spec.Annotations.Name = "default";
        spec.Orchestration ??= new() { TaskHistoryRetentionLimit = ClusterDefaults.TaskHistory };
        var raft = ClusterDefaults.Raft;
        raft.MergeFrom(spec.Raft);
        spec.Raft = raft;
        spec.Dispatcher ??= new();
        if (spec.Dispatcher.HeartbeatPeriod == 0) spec.Dispatcher.HeartbeatPeriod = 1_000_000_000;
        spec.Ca ??= new();
        if (spec.Ca.NodeCertExpiry == 0) spec.Ca.NodeCertExpiry = (long)RootAuthority.DefaultNodeLifetime.TotalNanoseconds;
        var cluster = new Cluster
        {
            Id = id,
            Spec = spec,
            RootCa = new() { Cert = ByteString.CopyFrom(authority.CertificatePem), Key = ByteString.CopyFrom(Encoding.ASCII.GetBytes(authority.KeyPem)), LastForcedRotation = spec.Ca.ForceRotate },
            SubnetSize = request.SubnetSize == 0 ? DefaultSubnetSize : request.SubnetSize,
            DataPathPort = request.DataPathPort == 0 ? DefaultDataPathPort : request.DataPathPort,
        };
        if (spec.AutolockManagers) cluster.UnlockKey = SwarmControl.NewUnlockKey(ids);
        cluster.DefaultAddressPool.Add(request.DefaultAddrPool.Count == 0 ? DefaultPool : request.DefaultAddrPool);
        cluster.RootCa.JoinTokens = new() { Worker = tokens.NewToken(cluster), Manager = tokens.NewToken(cluster) };
        return cluster;
    }

    /// <summary>As Docker's; addresses and VNI are the allocation's.</summary>
    private static Network Ingress(string id) => new()
    {
        Id = id,
        Spec = new()
        {
            Annotations = new() { Name = "ingress" },
            Driver = "overlay",
            Ingress = true,
        },
    };
}
