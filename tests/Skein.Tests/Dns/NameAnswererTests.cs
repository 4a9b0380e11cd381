using System.Collections.Immutable;
using System.Net;
using Skein.Agent.Dns;
using Skein.Agent.Dns.Wire;
using Skein.Agent.Session;
using Skein.Model;
using Xunit;

namespace Skein.Tests.Dns;

public class NameAnswererTests
{
    private static readonly NodeAssignments State = NodeAssignments.Empty with
    {
        Networks = Table([Network("n1", "ov"), Network("n2", "back"), Network("ni", "ingress", ingress: true)], n => n.Id),
        Services = Table([
            Service("s1", "web", EndpointMode.Vip, "n1", "10.0.1.2/24", "www"),
            Service("s2", "db", EndpointMode.Vip, "n2", "10.0.2.2/24"),
            Service("s3", "rr", EndpointMode.Dnsrr, "n1", null, "robin"),
            Service("s4", "idle", EndpointMode.Vip, "n1", "10.0.1.4/24"),
        ], s => s.Id),
        Endpoints = Table([
            Endpoint("t1", "n1", "s1", "web.1.t1", 1, "10.0.1.11/24"),
            Endpoint("t2", "n1", "s1", "web.2.t2", 2, "10.0.1.12/24"),
            Endpoint("t3", "n1", "s1", "web.3.t3", 3, "10.0.1.13/24", ready: false),
            Endpoint("t1", "ni", "s1", "web.1.t1", 1, "10.0.0.11/24"),
            Endpoint("t4", "n2", "s2", "db.1.t4", 1, "10.0.2.11/24"),
            Endpoint("t5", "n1", "s3", "rr.1.t5", 1, "10.0.1.21/24"),
            Endpoint("t6", "n1", "s3", "rr.2.t6", 2, "10.0.1.22/24"),
            Endpoint("t7", "n1", "s4", "idle.1.t7", 1, "10.0.1.31/24", ready: false),
        ], e => e.Id),
    };

    private static readonly ContainerView OnOv = new(
        ["n1"], new HashSet<string> { "me", "0123456789ab" }, [IPAddress.Parse("10.0.1.99")], MayForward: true);

    [Theory]
    [InlineData("web", "10.0.1.2")]
    [InlineData("www", "10.0.1.2")]
    [InlineData("web.ov", "10.0.1.2")]
    [InlineData("tasks.web", "10.0.1.11 10.0.1.12")]
    [InlineData("tasks.www", "10.0.1.11 10.0.1.12")]
    [InlineData("web.1.t1", "10.0.1.11")]
    [InlineData("host-t2", "10.0.1.12")]
    [InlineData("id-t2", "10.0.1.12")]
    [InlineData("rr", "10.0.1.21 10.0.1.22")]
    [InlineData("robin", "10.0.1.21 10.0.1.22")]
    [InlineData("me", "10.0.1.99")]
    [InlineData("0123456789ab", "10.0.1.99")]
    public void A_name_of_the_own_network_is_known(string name, string addresses) =>
        Assert.Equal(addresses, string.Join(' ', NameAnswerer.Answer(new NameIndex(State), OnOv, name, DnsType.A).Addresses!));

    [Theory]
    [InlineData("tool", "10.0.1.51")]
    [InlineData("tools", "10.0.1.51 10.0.1.52")]    // one alias of two
    [InlineData("web", "10.0.1.2")]                 // a service is nobody else
    [InlineData("host-t2", "10.0.1.12")]
    public void Users_containers_have_the_names_that_no_service_and_no_task_has(string name, string addresses)
    {
        var state = State with
        {
            Endpoints = State.Endpoints
                .Add("n/a/0", Container("n/a/0", "10.0.1.51/24", "tool", "tools", "web"))
                .Add("n/b/0", Container("n/b/0", "10.0.1.52/24", "other", "tools", "host-t2", "idle")),
        };
        Assert.Equal(addresses, string.Join(' ', NameAnswerer.Answer(new NameIndex(state), OnOv, name, DnsType.A).Addresses!));
        // Nor is one of which nobody is ready.
        Assert.Null(NameAnswerer.Answer(new NameIndex(state), OnOv, "idle", DnsType.A).Addresses);

        static OverlayEndpoint Container(string id, string address, params string[] names) =>
            new() { Id = id, NetworkId = "n1", Addresses = { address }, OwnNames = { names }, Ready = true, NodeId = "n" };
    }

    [Theory]
    [InlineData("store", "10.0.1.2")]
    [InlineData("robin", "10.0.1.2")]    // a link comes before what all others call so
    [InlineData("web", "10.0.1.2")]
    public void A_link_is_a_name_for_one_container_alone(string name, string address)
    {
        var linked = OnOv with { Links = new Dictionary<(string, string), string> { [("n1", "store")] = "web", [("n1", "robin")] = "www" } };
        Assert.Equal(address, string.Join(' ', NameAnswerer.Answer(new NameIndex(State), linked, name, DnsType.A).Addresses!));
    }

    [Theory]
    [InlineData("store")]
    [InlineData("db")]              // another network's
    [InlineData("tasks.db")]
    [InlineData("web.back")]
    [InlineData("web.3.t3")]        // not ready
    [InlineData("idle")]            // no task ready
    [InlineData("web.ingress")]
    [InlineData("example.org")]
    [InlineData("")]
    public void Any_other_name_is_not(string name) => Assert.True(NameAnswerer.Answer(new NameIndex(State), OnOv, name, DnsType.A).IsUnknown);

    [Theory]
    [InlineData("11.1.0.10.in-addr.arpa", "web.1.t1.ov")]
    [InlineData("2.1.0.10.in-addr.arpa", "web.ov")]
    [InlineData("11.2.0.10.in-addr.arpa", null)]
    [InlineData("11.0.0.10.in-addr.arpa", null)]
    [InlineData("300.0.0.10.in-addr.arpa", null)]
    public void An_address_leads_back_to_its_name(string reverse, string? name) =>
        Assert.Equal(name, NameAnswerer.Answer(new NameIndex(State), OnOv, reverse, DnsType.Ptr).Pointer);

    [Fact]
    public void An_IPv6_address_is_read_from_its_reverse_name()
    {
        var name = "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa";
        Assert.Equal(IPAddress.Parse("2001:db8::1"), ReverseName.Parse(name));
    }

    [Fact]
    public void A_container_on_both_networks_knows_both()
    {
        var view = OnOv with { NetworkIds = ["n1", "n2"] };
        Assert.Equal("10.0.2.2", NameAnswerer.Answer(new NameIndex(State), view, "db", DnsType.A).Addresses!.Single().ToString());
    }

    [Fact]
    public void A_known_name_without_records_of_the_type_is_no_error_and_an_unknown_one_is_forwarded_unless_internal()
    {
        Assert.Equal(DnsResponseCode.NoError, Reply(OnOv, "web", DnsType.Aaaa)!.Value.Code);
        Assert.Equal(DnsResponseCode.NoError, Reply(OnOv, "web", (DnsType)15)!.Value.Code);
        Assert.Null(Reply(OnOv, "example.org", DnsType.A));
        Assert.Equal(DnsResponseCode.NameError, Reply(OnOv with { MayForward = false }, "example.org", DnsType.A)!.Value.Code);
    }

    [Fact]
    public async Task A_state_is_answered_from_the_moment_it_is_published_and_what_is_new_in_it_from_when_the_balancers_know_it()
    {
        var assignments = new AssignmentState();
        var balancers = new BalancerProgress();
        var cache = new NameIndexCache(assignments, balancers);
        Assert.True(NameAnswerer.Answer(cache.Current, OnOv, "web", DnsType.A).IsUnknown);
        assignments.Publish(State);
        var first = cache.Current;
        Assert.False(NameAnswerer.Answer(first, OnOv, "web", DnsType.A).IsUnknown);
        assignments.Publish(State with { Sequence = 7 });
        Assert.Same(first, cache.Current);

        // What is new waits for the balancers, which have seen nothing yet; then the two are one.
        Assert.False(cache.IsBalanced);
        Assert.True(NameAnswerer.Answer(cache.Balanced, OnOv, "web", DnsType.A).IsUnknown);
        var waiting = cache.WhenBalancedAsync(Poll.Soon);
        Assert.False(waiting.IsCompleted);
        balancers.Advance(assignments.Generation, assignments.Current);
        await waiting;
        Assert.True(cache.IsBalanced);
        assignments.Publish(State with { Services = State.Services.Remove("s1") });
        Assert.True(NameAnswerer.Answer(cache.Current, OnOv, "web", DnsType.A).IsUnknown);
    }

    [Fact]
    public void Resolv_conf_is_read_as_glibc_reads_it() => Assert.Equal(
        ["192.168.1.1:53", "[fd00::53]:53", "127.0.0.53:53"],
        HostResolvers.Parse(["# x", "nameserver 192.168.1.1", "search lan", "nameserver\tfd00::53 ", "nameserver bad", "nameserver 127.0.0.53",
            "nameserver 9.9.9.9"]).Select(s => s.ToString()));

    private static DnsHeader? Reply(ContainerView view, string name, DnsType type)
    {
        var message = DnsMessages.Query(name, type);
        var reply = new byte[512];
        var length = LocalReply.Write(new NameIndex(State), view, message, DnsQuery.Parse(message), 0, reply);
        return length is null ? null : DnsMessages.Header(reply.AsSpan(0, length.Value));
    }

    private static OverlayNetwork Network(string id, string name, bool ingress = false) => new() { Id = id, Name = name, Ingress = ingress };

    private static OverlayService Service(string id, string name, EndpointMode mode, string network, string? vip, params string[] aliases)
    {
        var service = new OverlayService { Id = id, Name = name, Mode = mode };
        if (vip is not null) service.VirtualIps.Add(new VirtualIp { NetworkId = network, Addresses = { vip } });
        service.Aliases.Add(new ServiceAlias { NetworkId = network, Names = { aliases } });
        return service;
    }

    private static OverlayEndpoint Endpoint(
        string task, string network, string service, string name, ulong slot, string address, bool ready = true) => new()
        {
            Id = $"{task}/{network}",
            TaskId = task,
            NetworkId = network,
            ServiceId = service,
            TaskName = name,
            Slot = slot,
            Addresses = { address },
            Ready = ready,
            OwnNames = { $"id-{task}", $"host-{task}" },
        };

    private static ImmutableDictionary<string, T> Table<T>(IEnumerable<T> items, Func<T, string> id) => items.ToImmutableDictionary(id);
}
