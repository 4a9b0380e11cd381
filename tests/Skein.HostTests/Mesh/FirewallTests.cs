using Skein.Linux.Namespaces;
using Xunit;

namespace Skein.HostTests.Mesh;

/// <summary>A host with a firewall of its own that drops: what Skein opens in it, and what it says.</summary>
public class FirewallTests
{
    private const string Counsel = "What lets it pass: ";
    private static readonly TimeSpan NotToCome = TimeSpan.FromSeconds(1.5);

    [Fact]
    public async Task Iptables_own_FORWARD_is_opened_for_containers_while_it_drops_and_iptables_still_reads_it()
    {
        await using var hosts = await MeshHosts.StartAsync();
        using var c1 = new EchoServer(hosts["c1"], "c1");
        hosts.Publish(s => MeshHosts.Ready(s, "t1"));
        await hosts.AppliedAsync();
        hosts["h1"].Run(() => Commands.Run("sh", "-ec", "iptables -P FORWARD DROP; iptables -A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT"));
        await Poll.UntilAsync("FORWARD is opened", () => Forward(hosts).Contains("skein: containers", StringComparison.Ordinal), () => Forward(hosts));

        Assert.Equal("c1 sees 192.168.57.9", await Caller.TcpAsync(hosts["cl"], "192.168.57.11", 8080));
        hosts["c1"].Run(() => Commands.Run("ping", "-c", "1", "-W", "2", "192.168.57.9"));
        hosts["cl"].Run(() => Commands.Run("ip", "route", "add", "172.18.0.0/16", "via", "192.168.57.11"));
        await Assert.ThrowsAsync<TimeoutException>(() => Caller.ConnectAsync(hosts["cl"], "172.18.0.3", 80, NotToCome));
        Assert.Empty(hosts.Services[0].Warnings);

        // Somebody's rule above ours, and his flush.
        hosts["h1"].Run(() => Commands.Run("iptables", "-I", "FORWARD", "-j", "DROP"));
        await Poll.UntilAsync("ours are first again", () => !Forward(hosts).Split('\n')[1].EndsWith("-j DROP", StringComparison.Ordinal), () => Forward(hosts));
        hosts["h1"].Run(() => Commands.Run("iptables", "-F", "FORWARD"));
        await Poll.UntilAsync("ours are there again", () => Forward(hosts).Contains("skein: containers", StringComparison.Ordinal), () => Forward(hosts));

        hosts["h1"].Run(() => Commands.Run("iptables", "-P", "FORWARD", "ACCEPT"));
        await Poll.UntilAsync("a chain that drops nothing has none of ours", () => !Forward(hosts).Contains("skein", StringComparison.Ordinal), () => Forward(hosts));
        hosts["h1"].Run(() => Commands.Run("iptables", "-P", "FORWARD", "DROP"));
        await Poll.UntilAsync("FORWARD is opened anew", () => Forward(hosts).Contains("skein", StringComparison.Ordinal), () => Forward(hosts));
        await hosts.Services[0].RemoveAllAsync(TestContext.Current.CancellationToken);
        Assert.Equal("-P FORWARD DROP", Forward(hosts).Trim());
    }

    [Theory]
    [InlineData("nft add table inet filter; nft 'add chain inet filter forward { type filter hook forward priority 0; policy drop; }'; nft 'add rule inet filter forward ct state established,related accept'",
        "what comes in by published ports", "what containers send out")]
    [InlineData("nft add table inet fw; nft 'add chain inet fw incoming { type filter hook input priority 0; }'; nft 'add rule inet fw incoming ct state vmap { established : accept, invalid : drop }'; nft 'add rule inet fw incoming tcp dport { 22, 80-90 } accept'; nft 'add rule inet fw incoming meta l4proto { tcp, udp } reject'",
        "port 2377/tcp (of a manager)", "port 2380/tcp (of a manager)", "port 4789/udp (the overlay's packets)")]
    [InlineData("iptables -P INPUT DROP; iptables -A INPUT -i lo -j ACCEPT; iptables -A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT; iptables -A INPUT -p tcp --dport 22 -j ACCEPT; iptables -N own; iptables -A INPUT -j own; iptables -A own -p tcp --dport 2380 -j ACCEPT",
        "port 2377/tcp (of a manager)", "port 4789/udp (the overlay's packets)")]
    [InlineData("iptables-legacy -P FORWARD DROP; iptables-legacy -A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT; iptables-legacy -N own; iptables-legacy -A FORWARD -j own; iptables-legacy -A own -i eth+ -j DROP",
        "what comes in by published ports", "what containers send out")]
    [InlineData("iptables-legacy -P INPUT DROP; iptables-legacy -A INPUT -i lo -j ACCEPT; iptables-legacy -A INPUT -p tcp --dport 2300:2379 -j ACCEPT; iptables-legacy -A INPUT -p tcp --dport 2380 -j REJECT",
        "port 2380/tcp (of a manager)", "port 4789/udp (the overlay's packets)")]
    [InlineData("nft add table inet fw; nft 'add chain inet fw out { type filter hook output priority 0; policy drop; }'; nft 'add rule inet fw out oifname lo accept'; nft 'add rule inet fw out meta l4proto tcp accept'",
        "what goes out to port 4789/udp (the overlay's packets)")]
    public async Task What_an_administrator_s_chain_drops_is_said_and_the_line_that_is_given_cures_it(string firewall, params string[] dropped)
    {
        await using var hosts = await MeshHosts.StartAsync();
        if (firewall.Contains("iptables-legacy", StringComparison.Ordinal)) LegacyIptables.Require(hosts["h1"]);
        hosts["h1"].Run(() => Commands.Run("sh", "-ec", firewall));
        var said = await WarningsAsync(hosts);
        Assert.Equal(dropped, said.Select(What).Order(StringComparer.Ordinal));

        foreach (var warning in said) hosts["h1"].Run(() => Commands.Run("sh", "-ec", warning[(warning.IndexOf(Counsel, StringComparison.Ordinal) + Counsel.Length)..]));
        Assert.Empty(await WarningsAsync(hosts));
    }

    [Fact]
    public async Task A_chain_that_lets_pass_what_is_needed_or_may_do_so_is_not_complained_of()
    {
        await using var hosts = await MeshHosts.StartAsync();
        hosts["h1"].Run(() => Commands.Run("sh", "-ec", """
            nft add table inet fw
            nft 'add chain inet fw incoming { type filter hook input priority 0; policy drop; }'
            nft 'add rule inet fw incoming iifname "eth0" accept'
            nft 'add chain inet fw passing { type filter hook forward priority 0; policy drop; }'
            nft 'add rule inet fw passing iifname "docker*" accept'
            nft 'add rule inet fw passing ct status dnat accept'
            """));
        Assert.Empty(await WarningsAsync(hosts));
    }

    private static async Task<IReadOnlyList<string>> WarningsAsync(MeshHosts hosts)
    {
        await hosts.Services[0].VerifyAsync(TestContext.Current.CancellationToken);
        return hosts.Services[0].Warnings;
    }

    private static string What(string warning)
    {
        var from = warning.IndexOf(" drops ", StringComparison.Ordinal) + " drops ".Length;
        return warning[from..warning.IndexOf(". ", StringComparison.Ordinal)];
    }

    private static string Forward(MeshHosts hosts) => hosts["h1"].Run(() => Commands.Run("iptables", "-S", "FORWARD"));
}
