using Skein.Manager.Store;
using Skein.Model;
using Skein.Tests.Orchestration;
using Xunit;

namespace Skein.Tests.Allocation;

public class AllocationStories
{
    private readonly SwarmWorld _swarm = new(nodes: 2);

    [Fact]
    public void Networks_get_subnets_and_numbers_as_in_Docker()
    {
        _swarm.AddNetwork("a");
        _swarm.AddNetwork("ingress", n => n.Ingress = true);
        _swarm.AddNetwork("b");
        _swarm.Settle();
        Assert.Equal(
            ["10.0.0.0/24 10.0.0.1 4096", "10.0.1.0/24 10.0.1.1 4097", "10.0.2.0/24 10.0.2.1 4098"],
            new[] { "ingress", "a", "b" }.Select(Describe));
    }

    [Fact]
    public void A_subnet_of_the_users_own_is_kept_clear_of_by_the_others()
    {
        _swarm.AddNetwork("mine", n => n.Ipam.Add(new IpamConfig { Subnet = "10.0.0.0/23", Gateway = "10.0.1.254" }));
        _swarm.AddNetwork("other");
        _swarm.Settle();
        Assert.Equal("10.0.0.0/23 10.0.1.254 4096", Describe("mine"));
        Assert.Equal("10.0.2.0/24 10.0.2.1 4097", Describe("other"));
    }

    [Fact]
    public void What_a_node_has_a_route_to_is_kept_clear_of()
    {
        _swarm.AddNode("n3", n => n.Description.LocalSubnets.Add(["10.0.0.0/23", "10.0.3.64/26", "172.18.0.0/16", "nonsense"]));
        _swarm.AddNetwork("ingress", n => n.Ingress = true);
        _swarm.AddNetwork("a");
        _swarm.Settle();
        Assert.Equal(["10.0.2.0/24 10.0.2.1 4096", "10.0.4.0/24 10.0.4.1 4097"], new[] { "ingress", "a" }.Select(Describe));
    }

    [Fact]
    public void Where_routes_fill_the_whole_pool_they_are_passed_over()
    {
        _swarm.AddNode("n3", n => n.Description.LocalSubnets.Add("10.0.0.0/8"));
        _swarm.AddNetwork("a");
        _swarm.Settle();
        Assert.Equal("10.0.0.0/24 10.0.0.1 4096", Describe("a"));
    }

    [Fact]
    public void A_subnet_that_overlaps_another_is_not_given_and_its_tasks_say_so()
    {
        _swarm.AddNetwork("a", n => n.Ipam.Add(new IpamConfig { Subnet = "10.5.0.0/16" }));
        _swarm.AddNetwork("b", n => n.Ipam.Add(new IpamConfig { Subnet = "10.5.7.0/24" }));
        _swarm.AddService("web", 1, s => Join(s, "b"));
        _swarm.Settle();
        Assert.Equal("t1 web.1 New/Running: network b has no subnet yet", _swarm.Ps("web"));
        _swarm.Remove(ObjectKind.Network, "a");
        _swarm.Settle();
        Assert.Equal("t1 web.1 on n1 Running/Running", _swarm.Ps("web"));
    }

    [Fact]
    public void A_network_asks_for_its_number_by_driver_option()
    {
        _swarm.AddNetwork("a", n => n.DriverOptions["com.docker.network.driver.overlay.vxlanid_list"] = "5001");
        _swarm.Settle();
        Assert.Equal(5001u, _swarm.Current.Networks.Find("a")!.Vni);
    }

    [Fact]
    public void A_service_has_a_virtual_address_and_each_task_one_of_its_own()
    {
        _swarm.AddNetwork("net", n => n.Ipam.Add(new IpamConfig { Subnet = "10.1.0.0/24" }));
        _swarm.AddService("web", 2, s => Join(s, "net", "alias"));
        _swarm.Settle();
        Assert.Equal(["10.1.0.2/24"], _swarm.Current.Services.Find("web")!.Endpoint.VirtualIps.Single().Addresses);
        var leg = _swarm.TaskOf("t1").Networks.Single();
        Assert.Equal("net 10.1.0.3/24 02:42:0a:01:00:03 alias", $"{leg.NetworkId} {leg.Addresses.Single()} {leg.Mac} {leg.Aliases.Single()}");
        Assert.Equal("10.1.0.4/24", _swarm.TaskOf("t2").Networks.Single().Addresses.Single());
    }

    [Fact]
    public void A_dnsrr_service_has_no_virtual_address()
    {
        _swarm.AddNetwork("net");
        _swarm.AddService("web", 1, s =>
        {
            Join(s, "net");
            s.Endpoint.Mode = EndpointMode.Dnsrr;
        });
        _swarm.Settle();
        Assert.Empty(_swarm.Current.Services.Find("web")!.Endpoint.VirtualIps);
        Assert.Equal("10.0.0.2/24", _swarm.TaskOf("t1").Networks.Single().Addresses.Single());
    }

    [Fact]
    public void A_published_port_puts_service_tasks_and_every_node_on_ingress()
    {
        _swarm.AddNetwork("ingress", n => n.Ingress = true);
        _swarm.AddNetwork("net");
        _swarm.AddService("web", 1, s =>
        {
            Join(s, "net");
            s.Endpoint.Ports.Add(new PortConfig { TargetPort = 80, PublishedPort = 8080 });
        });
        _swarm.Settle();
        Assert.Equal(["10.0.0.2/24", "10.0.0.3/24"], _swarm.Current.Nodes.All.OrderBy(n => n.Id).Select(n => n.Ingress.Addresses.Single()));
        Assert.Equal(["ingress", "net"], _swarm.Current.Services.Find("web")!.Endpoint.VirtualIps.Select(v => v.NetworkId));
        Assert.Equal(["ingress", "net"], _swarm.TaskOf("t1").Networks.Select(n => n.NetworkId));
        _swarm.AddNode("n3");
        _swarm.Settle();
        Assert.NotNull(_swarm.Current.Nodes.Find("n3")!.Ingress);
    }

    [Fact]
    public void Out_of_addresses_a_task_says_so_at_once_and_runs_when_one_is_freed()
    {
        // 8 addresses: network, gateway, broadcast, the virtual one; four are left.
        _swarm.AddNetwork("net", n => n.Ipam.Add(new IpamConfig { Subnet = "10.1.0.0/29" }));
        _swarm.AddService("web", 5, s => Join(s, "net"));
        _swarm.Settle();
        Assert.Equal(TaskState.New, _swarm.TaskOf("t5").Status.State);
        Assert.Equal("failed to allocate network IP for task t5 network net: could not find an available IP", _swarm.TaskOf("t5").Status.Err);
        _swarm.Scale("web", 4);
        _swarm.Settle();
        Assert.DoesNotContain("t5", _swarm.Tasks.Select(t => t.Id));

        _swarm.AddService("late", 1, s => Join(s, "net"));
        _swarm.Settle();
        Assert.EndsWith(": could not find an available IP while allocating VIP", _swarm.Ps("late"));
        _swarm.Scale("web", 1);
        _swarm.Settle();
        Assert.EndsWith("Running/Running", _swarm.Ps("late"));
        Assert.Equal("", _swarm.Current.Services.Find("late")!.AllocationError);
    }

    [Fact]
    public void An_address_just_freed_is_not_given_to_the_next()
    {
        _swarm.AddNetwork("net", n => n.Ipam.Add(new IpamConfig { Subnet = "10.1.0.0/24" }));
        _swarm.AddService("web", 2, s => Join(s, "net"));
        _swarm.Settle();
        _swarm.Report("t1", TaskState.Failed);
        _swarm.Settle();
        Assert.Equal("10.1.0.5/24", _swarm.TaskOf("t3").Networks.Single().Addresses.Single());
    }

    [Fact]
    public void An_address_is_held_until_the_node_says_that_the_task_has_ended()
    {
        _swarm.AddNetwork("net", n => n.Ipam.Add(new IpamConfig { Subnet = "10.1.0.0/29" }));
        _swarm.AddService("web", 4, s => Join(s, "net"));
        _swarm.Settle();
        _swarm.NodesIdle = true;
        _swarm.Update("web", s => s.Task.Container.Image = "httpd:2");
        _swarm.Settle();
        Assert.Contains("could not find an available IP", _swarm.TaskOf("t5").Status.Err);
        _swarm.NodesIdle = false;
        _swarm.Pass(30);
        Assert.Equal("update completed", _swarm.Current.Services.Find("web")!.UpdateStatus.Message);
    }

    [Fact]
    public void Range_gateway_and_auxiliary_addresses_are_respected()
    {
        _swarm.AddNetwork("net", n => n.Ipam.Add(new IpamConfig
        {
            Subnet = "10.1.0.0/24",
            IpRange = "10.1.0.128/30",
            AuxAddresses = { ["router"] = "10.1.0.129" },
        }));
        _swarm.AddService("web", 2, s => Join(s, "net"));
        _swarm.Settle();
        Assert.Equal("10.1.0.128/24", _swarm.Current.Services.Find("web")!.Endpoint.VirtualIps.Single().Addresses.Single());
        Assert.Equal(["10.1.0.130/24", "10.1.0.131/24"], _swarm.Tasks.Select(t => t.Networks.Single().Addresses.Single()));
    }

    [Fact]
    public void A_network_of_both_families_gives_a_task_an_address_of_each_and_a_service_one_of_IPv4()
    {
        _swarm.AddNetwork("net", n => n.Ipam.Add(new IpamConfig { Subnet = "fd00:1::/64" }));
        _swarm.AddService("web", 1, s => Join(s, "net"));
        _swarm.Settle();
        Assert.Equal(["10.0.0.2/24"], _swarm.Current.Services.Find("web")!.Endpoint.VirtualIps.Single().Addresses);
        Assert.Equal(["10.0.0.3/24", "fd00:1::2/64"], _swarm.TaskOf("t1").Networks.Single().Addresses);
    }

    [Fact]
    public void Ports_left_open_are_chosen_and_kept()
    {
        _swarm.AddNetwork("ingress", n => n.Ingress = true);
        _swarm.AddService("a", 1, s => s.Endpoint.Ports.Add(new PortConfig { TargetPort = 80 }));
        _swarm.AddService("b", 1, s => s.Endpoint.Ports.Add(new PortConfig { TargetPort = 80 }));
        _swarm.Settle();
        Assert.Equal([30000u, 30001u], new[] { "a", "b" }.Select(Port));
        _swarm.Update("b", s => s.Endpoint.Ports.Add(new PortConfig { TargetPort = 443 }));
        _swarm.Pass(10);
        Assert.Equal([30001u, 30002u], _swarm.Current.Services.Find("b")!.Endpoint.Ports.Select(p => p.PublishedPort));
    }

    [Fact]
    public void Of_two_services_on_one_port_the_later_waits_for_it()
    {
        _swarm.AddNetwork("ingress", n => n.Ingress = true);
        _swarm.AddService("a", 1, s => s.Endpoint.Ports.Add(new PortConfig { TargetPort = 80, PublishedPort = 8080 }));
        _swarm.AddService("b", 1, s => s.Endpoint.Ports.Add(new PortConfig { TargetPort = 80, PublishedPort = 8080 }));
        _swarm.Settle();
        Assert.Equal("t2 b.1 New/Running: port '8080' is already in use by service 'a' (a) as an ingress port", _swarm.Ps("b"));
        _swarm.Remove(ObjectKind.Service, "a");
        _swarm.Settle();
        Assert.Equal("t2 b.1 on n1 Running/Running", _swarm.Ps("b").Replace("n2", "n1"));
    }

    private string Describe(string id)
    {
        var network = _swarm.Current.Networks.Find(id)!;
        return $"{network.Ipam.Single().Subnet} {network.Ipam.Single().Gateway} {network.Vni}";
    }

    private uint Port(string service) => _swarm.Current.Services.Find(service)!.Endpoint.Ports.Single().PublishedPort;

    private static void Join(ServiceSpec spec, string network, params string[] aliases) =>
        spec.Task.Networks.Add(new NetworkAttachmentConfig { Target = network, Aliases = { aliases } });
}
