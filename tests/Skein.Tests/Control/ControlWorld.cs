using Microsoft.Extensions.Time.Testing;
using Skein.Manager.Certificates;
using Skein.Manager.Control;
using Skein.Model;
using Skein.Tests.Store;
using Xunit;

namespace Skein.Tests.Control;

/// <summary>A swarm of one store with a cluster object, an ingress network and a network "front", and the verbs over it.</summary>
internal sealed class ControlWorld
{
    public const ulong Any = ulong.MaxValue;

    private readonly CountingIds _ids = new();

    public ControlWorld()
    {
        Store.Commit(c =>
        {
            c.Put(new Cluster { Id = "swarm", Spec = new() { Annotations = new() { Name = "default" } }, RootCa = new() { JoinTokens = new() { Worker = "w0", Manager = "m0" } } });
            c.Put(new Network { Id = "net-ingress", Spec = new() { Annotations = new() { Name = "ingress" }, Ingress = true, Driver = "overlay" }, Vni = 4096, Ipam = { new IpamConfig { Subnet = "10.0.0.0/24" } } });
            c.Put(new Network { Id = "net-front", Spec = new() { Annotations = new() { Name = "front" }, Driver = "overlay" }, Vni = 4097, Ipam = { new IpamConfig { Subnet = "10.0.1.0/24" } } });
        });
        Control = NewManager();
    }

    public MemoryStore Store { get; } = new();

    public FakeTimeProvider Time { get; } = new();

    public SwarmControl Control { get; }

    /// <summary>The verbs of another manager over the same store.</summary>
    public SwarmControl NewManager() => new(Store, _ids, Time, new NumberedTokens(), new SameRoot());

    public static ServiceSpec Httpd(string name = "httpd", params PortConfig[] ports)
    {
        var spec = new ServiceSpec
        {
            Annotations = new() { Name = name },
            Task = new() { Container = new() { Image = "httpd:latest" } },
            Replicated = new() { Replicas = 2 },
        };
        if (ports.Length > 0) spec.Endpoint = new() { Ports = { ports } };
        return spec;
    }

    public static PortConfig Port(uint published, uint target, PublishMode mode = PublishMode.Ingress) =>
        new() { PublishedPort = published, TargetPort = target, PublishMode = mode };

    public async Task<Service> UpdateAsync(Service service, Action<ServiceSpec> change)
    {
        var spec = service.Spec.Clone();
        change(spec);
        return await Control.UpdateServiceAsync(service.Id, service.Meta.Version, spec, RegistryAuthSource.Given, false, default);
    }

    public static async Task<string> MessageOf(Func<Task> action, ErrorKind kind)
    {
        var error = await Assert.ThrowsAsync<SkeinException>(action);
        Assert.Equal(kind, error.Kind);
        return error.Message;
    }

    private sealed class CountingIds : IIdSource
    {
        private int _count;

        public string NewId() => $"id{Interlocked.Increment(ref _count):d23}";

        public string NewContainerId() => NewId();

        public void Fill(Span<byte> bytes) => bytes.Fill(7);
    }

    private sealed class NumberedTokens : IJoinTokenSource
    {
        private int _count;

        public string NewToken(Cluster cluster) => $"token{++_count}";
    }
}

/// <summary>Whatever is asked for, the CA stays what it is.</summary>
internal sealed class SameRoot : Skein.Manager.Certificates.IRootChanges
{
    public Task<RootCa> NextAsync(Cluster current, CaConfig? wanted, CancellationToken cancel) => Task.FromResult(current.RootCa);
}
