using Skein.Manager.Store;
using Skein.Model;

namespace Skein.Tests.Dispatch;

/// <summary>Objects as the control loops leave them, in few words.</summary>
internal static class SwarmSketch
{
    public static Cluster Cluster() => new() { Id = "swarm", Spec = new() { Annotations = new() { Name = "default" } }, DataPathPort = 4789 };

    public static Network Network(string id, uint vni, bool ingress = false) =>
        new() { Id = id, Vni = vni, Spec = new() { Annotations = new() { Name = id }, Ingress = ingress }, Ipam = { new IpamConfig { Subnet = $"10.{vni % 250}.0.0/24" } } };

    public static Node Node(string id, string addr, NodeRole role = NodeRole.Worker) => new()
    {
        Id = id,
        Spec = new() { Role = role },
        Status = new() { Addr = addr },
        Vtep = addr,
        ManagerStatus = role == NodeRole.Manager ? new() { Addr = $"{addr}:2377" } : null,
    };

    public static SwarmTask Task(
        string id, string node, TaskState state = TaskState.Assigned, TaskState desired = TaskState.Running, bool healthy = false, params string[] networks)
    {
        var task = new SwarmTask
        {
            Id = id,
            NodeId = node,
            ServiceId = "web",
            Annotations = new() { Name = $"web.1.{id}" },
            Spec = new() { Container = new() { Image = "httpd" } },
            Status = new() { State = state, Healthy = healthy },
            DesiredState = desired,
        };
        foreach (var network in networks)
            task.Networks.Add(new NetworkAttachment { NetworkId = network, Addresses = { "10.1.0.7/24" }, Mac = "02:42:0a:01:00:07" });
        return task;
    }

    public static Service Service(string id, params string[] networks)
    {
        var service = new Service
        {
            Id = id,
            Spec = new() { Annotations = new() { Name = id }, Task = new() },
            Endpoint = new(),
        };
        foreach (var network in networks)
        {
            service.Spec.Task.Networks.Add(new NetworkAttachmentConfig { Target = network, Aliases = { $"alias-{network}" } });
            service.Endpoint.VirtualIps.Add(new VirtualIp { NetworkId = network, Addresses = { "10.1.0.2/24" } });
        }
        return service;
    }

    /// <summary>Puts whatever is stored under the id, changed.</summary>
    public static void Change(this Store.MemoryStore store, string taskId, Action<SwarmTask> change)
    {
        var task = store.Current.Tasks.Find(taskId)!.Clone();
        change(task);
        store.Commit(c => c.Put(task));
    }

    /// <summary>As above, though a session writes at the same time.</summary>
    public static void ChangeNode(this Store.MemoryStore store, string nodeId, Action<Node> change)
    {
        while (true)
        {
            var node = store.Current.Nodes.Find(nodeId)!.Clone();
            change(node);
            try
            {
                store.Commit(c => c.Put(node));
                return;
            }
            catch (SequenceConflictException)
            {
                // It came between.
            }
        }
    }
}
