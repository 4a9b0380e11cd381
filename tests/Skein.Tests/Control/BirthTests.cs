using Skein.Manager.Orchestration;
using Skein.Manager.Store;
using Skein.Model;
using Skein.Tests.Orchestration;
using Xunit;
using static Skein.Tests.Control.ControlWorld;

namespace Skein.Tests.Control;

/// <summary>What a create answers is what stands: the control loop, which runs after each write, has nothing to add to it.</summary>
public class BirthTests
{
    private readonly ControlWorld _world = new();
    private readonly CountedIds _ids = new();

    [Fact]
    public async Task A_service_can_be_updated_by_the_version_its_creation_answers_a_hundred_times()
    {
        for (var i = 0; i < 100; i++)
        {
            var spec = Httpd($"web{i}", Port(0, 80));
            spec.Replicated.Replicas = 1;   // with the virtual address two of the 253 of a network
            spec.Task.Networks.Add(new NetworkAttachmentConfig { Target = "front" });
            var service = await _world.Control.CreateServiceAsync(spec, default);
            Settle();
            Assert.Equal(service, _world.Store.Current.Services.Find(service.Id));
            Assert.Equal(30000u + (uint)i, Assert.Single(service.Endpoint.Ports).PublishedPort);
            Assert.Equal(["net-ingress", "net-front"], service.Endpoint.VirtualIps.Select(vip => vip.NetworkId));
            await _world.UpdateAsync(service, next => next.Annotations.Labels["seen"] = "yes");
        }
        var addresses = _world.Store.Current.Services.All.SelectMany(s => s.Endpoint.VirtualIps).SelectMany(vip => vip.Addresses)
            .Concat(_world.Store.Current.Tasks.All.SelectMany(t => t.Networks).SelectMany(leg => leg.Addresses)).ToList();
        Assert.Equal(addresses.Count, addresses.Distinct().Count());
    }

    [Fact]
    public async Task An_update_of_ports_and_networks_stands_as_well()
    {
        var service = await _world.Control.CreateServiceAsync(Httpd("web"), default);
        var updated = await _world.UpdateAsync(service, next =>
        {
            next.Endpoint = new() { Ports = { Port(8080, 80) } };
            next.Task.Networks.Add(new NetworkAttachmentConfig { Target = "front" });
        });
        Assert.Equal(8080u, Assert.Single(updated.Endpoint.Ports).PublishedPort);
        var endpoint = updated.Endpoint.Clone();
        Settle();
        Assert.Equal(endpoint, _world.Store.Current.Services.Find(service.Id)!.Endpoint);
    }

    [Fact]
    public async Task A_network_has_its_number_and_subnet_from_the_first()
    {
        var network = await _world.Control.CreateNetworkAsync(new() { Annotations = new() { Name = "back" }, Driver = "overlay" }, default);
        Settle();
        Assert.Equal(network, _world.Store.Current.Networks.Find(network.Id));
        Assert.Equal((4098u, "10.0.2.0/24"), (network.Vni, Assert.Single(network.Ipam).Subnet));
    }

    [Fact]
    public async Task Of_a_verb_and_the_control_loop_that_give_addresses_at_once_the_later_is_refused()
    {
        var first = Httpd("first");
        first.Task.Networks.Add(new NetworkAttachmentConfig { Target = "front" });
        await _world.Control.CreateServiceAsync(first, default);
        var planned = SwarmPlanner.Plan(_world.Store.Current, _world.Time.GetUtcNow(), _ids);
        Assert.Contains(planned.Changes.All, change => change.Object is SwarmTask { Networks.Count: 1 });

        var second = Httpd("second");
        second.Task.Networks.Add(new NetworkAttachmentConfig { Target = "front" });
        await _world.Control.CreateServiceAsync(second, default);
        await Assert.ThrowsAsync<SequenceConflictException>(() => _world.Store.CommitAsync(planned.Changes, null, default));
    }

    private void Settle()
    {
        while (SwarmPlanner.Plan(_world.Store.Current, _world.Time.GetUtcNow(), _ids) is { Changes.IsEmpty: false } plan)
            _world.Store.CommitAsync(plan.Changes, null, default).GetAwaiter().GetResult();
    }
}
