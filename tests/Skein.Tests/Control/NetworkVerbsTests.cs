using Skein.Manager.Store;
using Skein.Model;
using Xunit;
using static Skein.Tests.Control.ControlWorld;

namespace Skein.Tests.Control;

public class NetworkVerbsTests
{
    private readonly ControlWorld _world = new();

    [Theory]
    [InlineData("10.9.0.0", "", "", "ipam configuration: invalid subnet 10.9.0.0")]
    [InlineData("10.9.0.0/33", "", "", "ipam configuration: invalid subnet 10.9.0.0/33")]
    [InlineData("10.9.0.0/24", "10.8.0.0/25", "", "ipam configuration: subnet 10.9.0.0/24 does not contain range 10.8.0.0/25")]
    [InlineData("10.9.0.0/24", "", "10.8.0.1", "ipam configuration: subnet 10.9.0.0/24 does not contain gateway 10.8.0.1")]
    [InlineData("10.9.0.0/24", "", "gate", "ipam configuration: invalid gateway gate")]
    public async Task Bad_addresses_are_refused(string subnet, string range, string gateway, string why)
    {
        var spec = Overlay("n");
        spec.Ipam.Add(new IpamConfig { Subnet = subnet, IpRange = range, Gateway = gateway });
        Assert.Equal($"rpc error: code = InvalidArgument desc = {why}", await MessageOf(() => _world.Control.CreateNetworkAsync(spec, default), ErrorKind.InvalidArgument));
    }

    [Theory]
    [InlineData("10.0.1.0/24")]
    [InlineData("10.0.1.128/25")]
    [InlineData("10.0.0.0/16")]
    public async Task A_subnet_in_use_is_refused(string subnet)
    {
        var spec = Overlay("n");
        spec.Ipam.Add(new IpamConfig { Subnet = subnet });
        Assert.Equal(
            "invalid pool request: Pool overlaps with other one on this address space",
            await MessageOf(() => _world.Control.CreateNetworkAsync(spec, default), ErrorKind.Forbidden));
    }

    [Fact]
    public async Task A_subnet_that_a_node_has_a_route_to_is_refused_naming_both()
    {
        _world.Store.Commit(c => c.Put(new Node { Id = "n1", Spec = new() { Annotations = new() }, Description = new() { Hostname = "h1", LocalSubnets = { "192.168.56.0/24" } } }));
        var spec = Overlay("n");
        spec.Ipam.Add(new IpamConfig { Subnet = "192.168.0.0/16" });
        Assert.Equal(
            "invalid pool request: 192.168.0.0/16 overlaps with 192.168.56.0/24, which node h1 has a route to",
            await MessageOf(() => _world.Control.CreateNetworkAsync(spec, default), ErrorKind.Forbidden));
    }

    [Fact]
    public async Task Driver_name_and_ingress_are_checked()
    {
        Assert.Equal("network with name front already exists", await Refusal(Overlay("front"), ErrorKind.Conflict));
        var macvlan = Overlay("m");
        macvlan.Driver = "nonesuch";
        Assert.Equal("rpc error: code = InvalidArgument desc = error during lookup of plugin nonesuch", await Refusal(macvlan, ErrorKind.InvalidArgument));
        var ingress = Overlay("in2");
        ingress.Ingress = true;
        Assert.Equal("rpc error: code = AlreadyExists desc = ingress network (net-ingress) is already present", await Refusal(ingress, ErrorKind.Conflict));
        ingress.Attachable = true;
        Assert.Equal("rpc error: code = InvalidArgument desc = ingress network cannot be attachable", await Refusal(ingress, ErrorKind.InvalidArgument));
    }

    [Fact]
    public async Task A_network_goes_once_nobody_uses_it()
    {
        var spec = Httpd();
        spec.Task.Networks.Add(new NetworkAttachmentConfig { Target = "front" });
        var service = await _world.Control.CreateServiceAsync(spec, default);
        var task = new SwarmTask
        {
            Id = "t1",
            ServiceId = service.Id,
            NodeId = "n1",
            Status = new() { State = TaskState.Running },
            DesiredState = TaskState.Running,
            Networks = { new NetworkAttachment { NetworkId = "net-front" } },
        };
        _world.Store.Commit(c => c.Put(task));
        Assert.Equal(
            $"rpc error: code = FailedPrecondition desc = network net-front is in use by service {service.Id}",
            await MessageOf(() => _world.Control.RemoveNetworkAsync("front", default), ErrorKind.InvalidArgument));

        await _world.Control.RemoveServiceAsync(service.Id, default);
        await _world.Control.RemoveNetworkAsync("front", default);
        Assert.Null(_world.Store.Current.Networks.Find("net-front"));
    }

    [Fact]
    public async Task A_task_without_a_service_holds_its_network()
    {
        _world.Store.Commit(c => c.Put(new SwarmTask
        {
            Id = "attached",
            NodeId = "n1",
            Status = new() { State = TaskState.Running },
            DesiredState = TaskState.Running,
            Networks = { new NetworkAttachment { NetworkId = "net-front" } },
        }));
        Assert.Equal(
            "rpc error: code = FailedPrecondition desc = network net-front is in use by task attached",
            await MessageOf(() => _world.Control.RemoveNetworkAsync("front", default), ErrorKind.InvalidArgument));
    }

    [Fact]
    public async Task Ingress_stays_while_a_port_is_published()
    {
        var service = await _world.Control.CreateServiceAsync(Httpd("web", Port(80, 80)), default);
        Assert.Equal(
            $"rpc error: code = FailedPrecondition desc = ingress network cannot be removed because service {service.Id} depends on it",
            await MessageOf(() => _world.Control.RemoveNetworkAsync("ingress", default), ErrorKind.InvalidArgument));
        await _world.Control.RemoveServiceAsync("web", default);
        await _world.Control.RemoveNetworkAsync("ingress", default);
        Assert.Equal(
            "rpc error: code = FailedPrecondition desc = service needs ingress network, but no ingress network is present",
            await MessageOf(() => _world.Control.CreateServiceAsync(Httpd("web", Port(80, 80)), default), ErrorKind.InvalidArgument));
    }

    [Fact]
    public async Task One_whose_making_was_not_confirmed_is_there_and_no_conflict_with_itself()
    {
        _world.Store.BeforeCommit = changes =>
        {
            _world.Store.BeforeCommit = null;
            var network = changes.All.Select(c => c.Object).OfType<Network>().Single();
            _world.Store.Commit(c => c.Put(network));
            throw new SequenceConflictException();
        };
        var spec = Overlay("back");
        spec.Ipam.Add(new IpamConfig { Subnet = "10.9.0.0/24" });
        Assert.Equal("back", (await _world.Control.CreateNetworkAsync(spec, default)).Spec.Annotations.Name);
    }

    [Fact]
    public async Task One_whose_removal_was_not_confirmed_is_gone_and_not_missed()
    {
        _world.Store.BeforeCommit = _ =>
        {
            _world.Store.BeforeCommit = null;
            _world.Store.Commit(c => c.Delete(ObjectKind.Network, "net-front"));
            throw new SequenceConflictException();
        };
        await _world.Control.RemoveNetworkAsync("front", default);
        Assert.Null(_world.Store.Current.Networks.Find("net-front"));
    }

    [Fact]
    public async Task A_vxlan_id_that_another_network_has_is_refused_by_its_name()
    {
        var asked = Overlay("back");
        asked.DriverOptions["com.docker.network.driver.overlay.vxlanid_list"] = "4097";
        Assert.Equal("could not assign vxlan id 4097: the network front has it", await Refusal(asked, ErrorKind.Conflict));
        asked.DriverOptions["com.docker.network.driver.overlay.vxlanid_list"] = "4200";
        await _world.Control.CreateNetworkAsync(asked, default);
        asked.Annotations.Name = "again";
        Assert.Equal("could not assign vxlan id 4200: the network back has it", await Refusal(asked, ErrorKind.Conflict));
    }

    [Theory]
    [InlineData("host", ErrorKind.NotImplemented, "tasks on the network \"host\" are not supported yet: use an overlay network")]
    [InlineData("bridge", ErrorKind.NotImplemented, "tasks on the network \"bridge\" are not supported yet: use an overlay network")]
    [InlineData("docker_gwbridge", ErrorKind.Forbidden, "The network docker_gwbridge cannot be used with services. Only networks scoped to the swarm can be used, such as those created with the overlay driver.")]
    [InlineData("nowhere", ErrorKind.NotFound, "network nowhere not found")]
    public async Task A_service_on_a_network_that_is_not_the_swarms_is_told_why(string target, ErrorKind kind, string message)
    {
        var spec = Httpd();
        spec.Task.Networks.Add(new NetworkAttachmentConfig { Target = target });
        Assert.Equal(message, await MessageOf(() => _world.Control.CreateServiceAsync(spec, default), kind));
    }

    private Task<string> Refusal(NetworkSpec spec, ErrorKind kind) => MessageOf(() => _world.Control.CreateNetworkAsync(spec, default), kind);

    private static NetworkSpec Overlay(string name) => new() { Annotations = new() { Name = name }, Driver = "overlay" };
}
