using System.Net.Sockets;
using System.Text.RegularExpressions;
using Skein.Agent.Mesh;
using Skein.Linux.Namespaces;
using Skein.Linux.Nftables;
using Xunit;

namespace Skein.HostTests.Mesh;

/// <summary>What somebody changes by hand in what the mesh has programmed is put right, and connections live on.</summary>
public partial class TamperingTests
{
    private const string Way = "167772163";   // 10.0.0.3, the other host's ingress, as a table

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(15);

    private static readonly (string Role, string Damage)[] Damages =
    [
        ("h1", "nft flush chain ip skein prerouting"),
        ("h1", "nft delete element ip skein published { tcp . 8080 }"),
        ("h1", "nft add element ip skein published { tcp . 81 : 172.18.0.3 . 81 }"),
        ("h1", "nft add chain ip skein strange { type filter hook input priority 0 \\; policy drop \\; }"),
        ("h1", "nft add table ip skein { flags dormant \\; }"),
        ("h1", "nft flush set ip skein tunnel-ends"),
        ("h1", "nft flush chain ip skein forward"),
        ("h1", "nft delete table ip skein"),
        ("h1", "sysctl -qw net.ipv4.conf.docker_gwbridge.route_localnet=0 net.ipv4.conf.docker_gwbridge.forwarding=0"),
        ("i1", "nft flush chain ip skein forward"),
        ("i1", "nft delete table ip skein"),
        ("i1", "sysctl -qw net.ipv4.ip_forward=0 net.ipv4.conf.all.rp_filter=1"),
        ("c1", "nft flush chain ip skein output"),
        ("c1", "nft flush chain ip skein vip-10.0.1.2"),
        ("c1", "nft flush map ip skein ingress-nodes"),
        ("c1", "ip rule del prio 100 fwmark " + Way),
        ("c1", "ip rule del prio 100 fwmark " + Way + " && ip rule add prio 100 fwmark " + Way + " table main"),
        ("c1", "ip route del default table " + Way),
        ("c1", "ip route replace default via 172.18.0.1 table " + Way),
        ("c1", "sysctl -qw net.ipv4.conf.all.rp_filter=1 net.ipv4.conf.eth0.rp_filter=1"),
    ];

    [Fact]
    public async Task What_is_changed_by_hand_is_put_right_once_and_connections_live_on()
    {
        await using var hosts = await MeshHosts.StartAsync();
        using var c1 = new EchoServer(hosts["c1"], "c1");
        hosts.Publish(s => MeshHosts.Ready(s, "t1"));
        await hosts.AppliedAsync();
        using var kept = await Caller.ConnectAsync(hosts["cl"], "192.168.57.12", 8080);   // in by the other host, back through c1's marks
        Assert.StartsWith("c1", await Caller.ReadAsync(kept, "kept"), StringComparison.Ordinal);
        await hosts.Services[0].VerifyAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, hosts.Services[0].Healed);

        foreach (var (role, damage) in Damages)
        {
            var (right, healed) = (State(hosts[role]), hosts.Services[0].Healed);
            hosts[role].Run(() => Commands.Run("sh", "-c", damage));
            // The host's own table is put right by the kernel's event, perhaps before the clock's look, which stands here for 30 s.
            await hosts.Services[0].VerifyAsync(TestContext.Current.CancellationToken);
            Assert.Equal($"{damage}\n{right}", $"{damage}\n{State(hosts[role])}");
            Assert.True(hosts.Services[0].Healed > healed, $"{damage}: not counted");

            healed = hosts.Services[0].Healed;
            await hosts.Services[0].VerifyAsync(TestContext.Current.CancellationToken);
            Assert.Equal(healed, hosts.Services[0].Healed);
            await kept.SendAsync("still here"u8.ToArray());
            Assert.Equal("still here", await Caller.ReadAsync(kept, damage));
        }
    }

    [Fact]
    public async Task A_firewall_that_flushes_the_host_is_noticed_at_once()
    {
        await using var hosts = await MeshHosts.StartAsync();
        var right = State(hosts["h1"]);
        hosts["h1"].Run(() => Commands.Run("nft", "flush ruleset"));

        using var limit = new CancellationTokenSource(Soon);   // of the 30 s that the clock takes
        while (State(hosts["h1"]) != right)
        {
            if (limit.IsCancellationRequested) Assert.Fail($"the host's table was not back within {Soon}: {State(hosts["h1"])}");
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public async Task What_others_have_in_nftables_is_left_alone_and_is_no_drift()
    {
        await using var hosts = await MeshHosts.StartAsync();
        for (var round = 0; round < 3; round++)
        {
            foreach (var role in new[] { "h1", "i1", "c1" })
            {
                hosts[role].Run(() => Commands.Run("sh", "-c", "nft add table ip other && nft add chain ip other c && nft add rule ip other c counter"));
            }
            await hosts.Services[0].VerifyAsync(TestContext.Current.CancellationToken);
        }
        Assert.Equal(0, hosts.Services[0].Healed);
        Assert.Equal(3, hosts["h1"].Run(() => Commands.Run("nft", "list", "table", "ip", "other")).Split("counter").Length - 1);
    }

    [Fact]
    public async Task The_same_table_reads_the_same_however_its_maps_have_grown()
    {
        await using var hosts = await MeshHosts.StartAsync();
        var elements = Enumerable.Range(1, 500).Select(port => $"tcp . {port} : 172.18.0.2 . {port}").ToList();
        string Table(IEnumerable<string> first) => new Ruleset()
            .Map("published", "inet_proto . inet_service : ipv4_addr . inet_service", first)
            .Chain("output", "type nat hook output priority -100", "ip daddr vmap { 10.0.1.2 : accept, 10.0.1.3 : drop }")
            .ToString();
        string? Digest(string ruleset, params string[] then)
        {
            NftablesSession.Apply(hosts["cl"], ruleset);
            foreach (var command in then) NftablesSession.Apply(hosts["cl"], command);
            return NftablesContent.Digest(hosts["cl"], Ruleset.TableName);
        }
        var right = Digest(Table(elements));

        Assert.Equal(right, Digest(Table(elements)));
        Assert.Equal(right, Digest(Table(elements.Take(1)), [.. elements.Skip(1).Chunk(100).Reverse().Select(some => $"add element {Ruleset.Table} published {{ {string.Join(", ", some)} }}")]));
        Assert.NotEqual(right, Digest(Table(elements.Skip(1))));
        Assert.NotEqual(right, Digest(Table(elements), $"add table {Ruleset.Table} {{ flags dormant; }}"));
        Assert.NotEqual(right, Digest(Table(elements).Replace("10.0.1.3 : drop", "10.0.1.3 : accept", StringComparison.Ordinal)));
        Assert.Null(Digest(Ruleset.Removal()));
    }

    /// <summary>Everything of the mesh in a namespace, as nft and ip tell it.</summary>
    private static string State(NetworkNamespace space) => string.Join('\n',
        Elements().Replace(space.Run(() => Commands.Try("nft", "-s", "list", "table", "ip", "skein").Output), static list =>
            $"{{ {string.Join(", ", list.Groups["list"].Value.Split(',', StringSplitOptions.TrimEntries).Order(StringComparer.Ordinal))} }}"),
        space.Run(() => Commands.Run("sh", "-c",
            "ip rule; ip route show table all type unicast | sort; cd /proc/sys/net/ipv4; grep -r . ip_forward conf/all/rp_filter conf/eth0/rp_filter conf/docker_gwbridge/forwarding conf/docker_gwbridge/route_localnet 2>/dev/null; true")));

    // Elements come in no order.
    [GeneratedRegex(@"\{ (?<list>[^{};]*) \}", RegexOptions.Singleline)]
    private static partial Regex Elements();
}
