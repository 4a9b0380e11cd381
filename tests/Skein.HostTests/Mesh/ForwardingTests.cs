using Skein.Linux.Namespaces;
using Xunit;

namespace Skein.HostTests.Mesh;

/// <summary>What a host passes on: what was published, what containers ask for, and nothing for anybody else.</summary>
public class ForwardingTests
{
    private static readonly TimeSpan NotToCome = TimeSpan.FromSeconds(1.5);

    [Fact]
    public async Task A_neighbour_that_takes_a_host_for_its_way_reaches_what_is_published_alone()
    {
        await using var hosts = await MeshHosts.StartAsync();
        using var c1 = new EchoServer(hosts["c1"], "c1");
        hosts.Publish(s => MeshHosts.Ready(s, "t1"));
        await hosts.AppliedAsync();
        hosts["cl"].Run(() => Commands.Run("ip", "route", "add", "172.18.0.0/16", "via", "192.168.57.11"));

        await RefusedAsync(hosts["cl"], "172.18.0.3", 80);
        await RefusedAsync(hosts["cl"], "172.18.0.2", 8080);
        Assert.Equal("c1 sees 192.168.57.9", await Caller.TcpAsync(hosts["cl"], "192.168.57.11", 8080));
        Assert.Equal("c1 sees 192.168.57.9", await Caller.TcpAsync(hosts["cl"], "172.18.0.1", 8080));
        // The host's own programs go on reaching its containers, and these the world.
        Assert.Equal("c1 sees 172.18.0.1", await Caller.TcpAsync(hosts["h1"], "172.18.0.3", 80));
        hosts["c1"].Run(() => Commands.Run("ping", "-c", "1", "-W", "2", "192.168.57.9"));

        // That it would have been reached: without the rule it is.
        await hosts.StopServicesAsync();
        hosts["h1"].Run(() => Commands.Run("nft", "flush", "chain", "ip", "skein", "forward"));
        Assert.Equal("c1 sees 192.168.57.9", await Caller.TcpAsync(hosts["cl"], "172.18.0.3", 80));
    }

    [Fact]
    public async Task A_host_that_became_a_router_by_Skein_is_nobody_else_s_also_after_a_restart_and_none_after_leaving()
    {
        await using var hosts = await MeshHosts.StartAsync();
        using var beyond = Beyond(hosts);
        await RefusedAsync(hosts["cl"], "192.168.99.2", 80);
        await hosts.RestartServicesAsync();
        await RefusedAsync(hosts["cl"], "192.168.99.2", 80);
        Assert.Equal("beyond sees 192.168.99.1", await Caller.TcpAsync(hosts["c1"], "192.168.99.2", 80));

        await hosts.Services[0].RemoveAllAsync(TestContext.Current.CancellationToken);
        Assert.False(hosts.HasTable("h1"));
        Assert.Equal("0", Sysctl.Get(hosts["h1"], "net/ipv4/ip_forward"));
        Assert.Empty(Directory.GetFiles(hosts.RunOf(1)));
    }

    [Fact]
    public async Task A_host_that_was_a_router_goes_on_being_one_for_others()
    {
        await using var hosts = new MeshHosts();
        hosts["h1"].Run(() => Commands.Run("sysctl", "-qw", "net.ipv4.ip_forward=1"));
        await hosts.StartServicesAsync();
        using var beyond = Beyond(hosts);
        Assert.Equal("beyond sees 192.168.57.9", await Caller.TcpAsync(hosts["cl"], "192.168.99.2", 80));

        await hosts.Services[0].RemoveAllAsync(TestContext.Current.CancellationToken);
        Assert.Equal("1", Sysctl.Get(hosts["h1"], "net/ipv4/ip_forward"));
    }

    /// <summary>A server on a network behind the first host, which the client takes for its way there.</summary>
    private static EchoServer Beyond(MeshHosts hosts)
    {
        Commands.Run("sh", "-euc", $"""
            ip -n {Name("h1")} link add beyond up type veth peer name beyond netns {Name("lan")}
            ip -n {Name("h1")} addr add 192.168.99.1/24 dev beyond
            ip -n {Name("lan")} addr add 192.168.99.2/24 dev beyond
            ip -n {Name("lan")} link set beyond up
            ip -n {Name("lan")} route add 192.168.57.0/24 via 192.168.99.1
            ip -n {Name("cl")} route add 192.168.99.0/24 via 192.168.57.11
            """);
        return new EchoServer(hosts["lan"], "beyond");

        string Name(string role) => Path.GetFileName(hosts.PinOf(role));
    }

    private static Task RefusedAsync(NetworkNamespace from, string address, int port) =>
        Assert.ThrowsAsync<TimeoutException>(() => Caller.ConnectAsync(from, address, port, NotToCome));
}
