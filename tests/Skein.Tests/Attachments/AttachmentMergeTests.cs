using Skein.Manager.Attachments;
using Skein.Manager.Dispatch;
using Skein.Manager.Store;
using Skein.Model;
using Skein.Model.Validation;
using Skein.Tests.Orchestration;
using Xunit;

namespace Skein.Tests.Attachments;

/// <summary>Legs of users' containers, from what their node wishes to what the store has.</summary>
public class AttachmentMergeTests
{
    private const string Node = "n1";
    private const string Session = "s1";

    private readonly SwarmWorld _swarm = new();

    public AttachmentMergeTests()
    {
        foreach (var (id, session) in new[] { (Node, Session), ("n2", "s2") })
            _swarm.AddNode(id, n => n.Session = new() { ManagerId = "m", SessionId = session });
        _swarm.AddNetwork("net", n =>
        {
            n.Attachable = true;
            n.Ipam.Add(new IpamConfig { Subnet = "10.1.0.0/29" });
        });
        _swarm.Settle();
    }

    [Fact]
    public void A_leg_has_an_address_and_is_told_to_all_with_its_names()
    {
        Assert.Empty(Wish(new() { Put = { WishOf('a') } }));
        var made = Assert.Single(_swarm.Current.Attachments.All);
        Assert.Equal(("10.1.0.2/29", "02:42:0a:01:00:02"), (made.Leg.Addresses.Single(), made.Leg.Mac));

        var index = AssignmentIndex.Empty.Next(_swarm.Current);
        var told = index.EndpointsByNetwork["net"].Values.Single();
        Assert.Equal((true, "", made.Id), (told.Ready, told.TaskId, told.Id));
        Assert.Equal(["a"], told.OwnNames);
        Assert.Contains("net", NodeView.Empty.Next(index, Node).Networks.Keys);
        Assert.DoesNotContain("net", NodeView.Empty.Next(index, "n2").Networks.Keys);
    }

    [Fact]
    public void A_node_that_falls_silent_keeps_its_addresses_and_loses_its_names()
    {
        Wish(new() { Put = { WishOf('a') } });
        var before = AssignmentIndex.Empty.Next(_swarm.Current);
        _swarm.Down(Node);
        var after = before.Next(_swarm.Current);
        Assert.False(after.EndpointsByNetwork["net"].Values.Single().Ready);
        _swarm.Settle();
        Assert.Single(_swarm.Current.Attachments.All);
        _swarm.Up(Node);
        Assert.True(after.Next(_swarm.Current).EndpointsByNetwork["net"].Values.Single().Ready);
    }

    [Fact]
    public void What_is_given_back_or_not_among_all_wishes_is_free()
    {
        Wish(new() { Put = { WishOf('a'), WishOf('b'), WishOf('c') } });
        Wish(new() { Put = { WishOf('d') } }, "n2", "s2");
        Wish(new() { Removed = { WishOf('a').Id } });
        Assert.Equal(["b", "c", "d"], Names());
        Wish(new() { All = new() { Ids = { WishOf('c').Id } } });
        Assert.Equal(["c", "d"], Names());
        Assert.Equal("10.1.0.4/29", _swarm.Current.Attachments.All.Single(a => a.Names[0] == "c").Leg.Addresses.Single());
    }

    [Fact]
    public void The_same_wish_again_changes_nothing_but_names()
    {
        Wish(new() { Put = { WishOf('a') } });
        var (changes, _) = AttachmentMerge.Apply(_swarm.Current, Node, Session, new() { All = new() { Ids = { WishOf('a').Id } }, Put = { WishOf('a') } });
        Assert.True(changes.IsEmpty);
        var renamed = WishOf('a');
        renamed.Names[0] = "other";
        Wish(new() { Put = { renamed } });
        Assert.Equal(("other", "10.1.0.2/29"), (Names().Single(), _swarm.Current.Attachments.All.Single().Leg.Addresses.Single()));
    }

    [Fact]
    public void An_address_asked_for_is_given_once()
    {
        Assert.Empty(Wish(new() { Put = { WishOf('a', "10.1.0.5") } }));
        Assert.Equal("Forbidden: Address already in use", Shown(Wish(new() { Put = { WishOf('b', "10.1.0.5") } })));
        Assert.Equal("Forbidden: Address already in use", Shown(Wish(new() { Put = { WishOf('b', "10.1.0.1") } })));
        Assert.Equal(
            "Invalid: invalid endpoint settings:\nno configured subnet or ip-range contain the IP address 10.9.0.5", Shown(Wish(new() { Put = { WishOf('b', "10.9.0.5") } })));
        Wish(new() { Removed = { WishOf('a').Id }, Put = { WishOf('b', "10.1.0.5") } });
        Assert.Equal(["b"], Names());
    }

    [Fact]
    public void A_full_subnet_refuses_for_now_and_leaks_nothing()
    {
        // 10.1.0.1 is the gateway's: five are left.
        Assert.Empty(Wish(new() { Put = { "abcde".Select(c => WishOf(c)) } }));
        Assert.Equal("Unavailable: no available addresses on this network's address pools: net (net)", Shown(Wish(new() { Put = { WishOf('f') } })));
        Wish(new() { Removed = { WishOf('a').Id } });
        Assert.Empty(Wish(new() { Put = { WishOf('f') } }));
    }

    [Fact]
    public void Tasks_and_containers_share_one_pool()
    {
        Wish(new() { Put = { WishOf('a') } });
        _swarm.AddService("web", 2, s => s.Task.Networks.Add(new NetworkAttachmentConfig { Target = "net" }));
        _swarm.Settle();
        Assert.Empty(Wish(new() { Put = { WishOf('b') } }));
        var all = _swarm.Tasks.SelectMany(t => t.Networks).Concat(_swarm.Current.Attachments.All.Select(a => a.Leg)).SelectMany(l => l.Addresses)
            .Concat(_swarm.Current.Services.Find("web")!.Endpoint.VirtualIps.SelectMany(v => v.Addresses)).ToList();
        Assert.Equal(5, all.Distinct().Count());
        Assert.Equal(5, all.Count);
    }

    [Theory]
    [InlineData("nowhere", "NotFound: network nowhere not found")]
    [InlineData("closed", "Forbidden: Could not attach to network closed: rpc error: code = PermissionDenied desc = network closed not manually attachable")]
    public void A_network_that_is_not_for_containers_is_refused_in_Dockers_words(string network, string words)
    {
        _swarm.AddNetwork("closed");
        _swarm.Settle();
        var wish = WishOf('a');
        wish.Network = network;
        Assert.Equal(words, Shown(Wish(new() { Put = { wish } })));
    }

    [Fact]
    public void A_MAC_address_of_ones_own_is_nobody_elses()
    {
        Assert.Empty(Wish(new() { Put = { WishOf('a', mac: "06:00:00:00:00:01") } }));
        Assert.Contains("is in use", Shown(Wish(new() { Put = { WishOf('b', mac: "06:00:00:00:00:01") } })), StringComparison.Ordinal);
        // Of 10.1.0.4, which a task may be given next.
        Assert.Contains("one of its addresses", Shown(Wish(new() { Put = { WishOf('b', mac: "02:42:0a:01:00:04") } })), StringComparison.Ordinal);
        Assert.Empty(Wish(new() { Put = { WishOf('b', "10.1.0.4", "02:42:0a:01:00:04") } }));
    }

    [Fact]
    public void A_session_that_another_has_replaced_writes_nothing()
    {
        var (changes, refused) = AttachmentMerge.Apply(_swarm.Current, Node, "older", new() { Put = { WishOf('a') } });
        Assert.True(changes.IsEmpty);
        Assert.Empty(refused);
    }

    [Fact]
    public void What_was_decided_before_the_next_session_is_not_written_after_its_list()
    {
        var (late, _) = AttachmentMerge.Apply(_swarm.Current, Node, Session, new() { Put = { WishOf('a') } });
        _swarm.Change(Node, n => n.Session = new() { ManagerId = "other", SessionId = "s3" });
        Wish(new() { All = new() }, session: "s3");
        Assert.Throws<SequenceConflictException>(() => Commit(late));
        // As the writer does after a conflict.
        var (again, _) = AttachmentMerge.Apply(_swarm.Current, Node, Session, new() { Put = { WishOf('a') } });
        Assert.True(again.IsEmpty);
        Assert.Empty(_swarm.Current.Attachments.All);
    }

    [Fact]
    public void Of_two_managers_that_give_at_once_the_later_gives_again()
    {
        var (first, _) = AttachmentMerge.Apply(_swarm.Current, Node, Session, new() { Put = { WishOf('a') } });
        var (second, _) = AttachmentMerge.Apply(_swarm.Current, "n2", "s2", new() { Put = { WishOf('b') } });
        Commit(first);
        Assert.Throws<SequenceConflictException>(() => Commit(second));
    }

    [Fact]
    public void A_node_that_has_left_or_is_removed_gives_all_back()
    {
        Wish(new() { Put = { WishOf('a') } });
        Wish(new() { Put = { WishOf('b') } }, "n2", "s2");
        _swarm.Change(Node, n => n.Session = null);
        _swarm.Remove(ObjectKind.Node, "n2");
        _swarm.Settle();
        Assert.Empty(_swarm.Current.Attachments.All);
    }

    [Theory]
    [InlineData("short/0/x", "net", "name", "", "", "")]
    [InlineData(null, "", "name", "", "", "")]
    [InlineData(null, "a b", "name", "", "", "")]
    [InlineData(null, "net", "na\u001bme", "", "", "")]
    [InlineData(null, "net", "name", "10.1.0", "", "")]
    [InlineData(null, "net", "name", "::1", "", "")]
    [InlineData(null, "net", "name", "", "10.1.0.2", "")]
    [InlineData(null, "net", "name", "", "", "ff:ff:ff:ff:ff:ff")]
    [InlineData(null, "net", "name", "", "", "01:00:5e:00:00:01")]
    [InlineData(null, "net", "name", "", "", "00:00:00:00:00:00")]
    public void What_no_node_can_mean_is_unsound(string? id, string network, string name, string ipv4, string ipv6, string mac)
    {
        var wish = WishOf('a', ipv4, mac);
        wish.Id = id ?? wish.Id;
        (wish.Network, wish.Names[0], wish.Ipv6Address) = (network, name, ipv6);
        Assert.NotNull(AttachmentBounds.FlawOf(wish));
        Assert.Null(AttachmentBounds.FlawOf(WishOf('a', "10.1.0.2", "06:00:00:00:00:01")));
    }

    private static AttachmentWish WishOf(char container, string ipv4 = "", string mac = "") =>
        new() { Id = $"{new string(container, 64)}/0/x", Network = "net", Names = { container.ToString() }, Ipv4Address = ipv4, Mac = mac };

    private IReadOnlyList<AttachmentRefusal> Wish(AttachmentWishes wishes, string node = Node, string session = Session)
    {
        var (changes, refused) = AttachmentMerge.Apply(_swarm.Current, node, session, wishes);
        Commit(changes);
        return refused;
    }

    private void Commit(Changes changes) => _swarm.Store.CommitAsync(changes, null, CancellationToken.None).GetAwaiter().GetResult();

    private IEnumerable<string> Names() => _swarm.Current.Attachments.All.Select(a => a.Names[0]).Order(StringComparer.Ordinal);

    private static string Shown(IEnumerable<AttachmentRefusal> refused) => string.Join("; ", refused.Select(r => $"{r.Kind}: {r.Reason}"));
}
