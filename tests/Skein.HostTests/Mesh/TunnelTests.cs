using System.Net;
using System.Net.Sockets;
using System.Text;
using Skein.Linux.Namespaces;
using Skein.Linux.Netlink;
using Xunit;

namespace Skein.HostTests.Mesh;

/// <summary>Frames for an overlay of this host are taken from the tunnel ends of its nodes, and from nobody else.</summary>
public class TunnelTests
{
    private const int Inside = 9999;

    [Fact]
    public async Task A_frame_of_a_stranger_does_not_enter_and_that_of_a_node_does()
    {
        await using var hosts = await MeshHosts.StartAsync();
        using var c1 = Listen(hosts);
        await SendAsync(hosts, "cl", "192.168.57.9", "192.168.57.11", "a stranger");
        await SendAsync(hosts, "cl", "192.168.57.9", "192.168.57.255", "a stranger to all");
        Assert.Equal("a node", await SendUntilReadAsync(hosts, c1, "h2", "192.168.57.12", "192.168.57.11", "a node"));
    }

    [Fact]
    public async Task A_node_that_joins_later_is_let_in_and_one_that_has_gone_is_not()
    {
        await using var hosts = await MeshHosts.StartAsync();
        using var c1 = Listen(hosts);
        hosts.Publish(s => s with { Endpoints = s.Endpoints.RemoveRange(s.Endpoints.Where(e => e.Value.NodeId == "node2").Select(e => e.Key)) });
        await hosts.AppliedAsync();
        await SendAsync(hosts, "h2", "192.168.57.12", "192.168.57.11", "before it joined");
        hosts.Publish(s => s);
        await hosts.AppliedAsync();
        Assert.Equal("a node", await SendUntilReadAsync(hosts, c1, "h2", "192.168.57.12", "192.168.57.11", "a node"));
    }

    [Fact]
    public async Task A_container_that_gives_a_node_s_address_as_its_own_does_not_enter()
    {
        await using var hosts = await MeshHosts.StartAsync();
        using var inside = Listen(hosts);
        // Nothing but our rules stands in its way.
        hosts["h1"].Run(() => Commands.Run("sysctl", "-qw", "net.ipv4.conf.all.rp_filter=0", "net.ipv4.conf.docker_gwbridge.rp_filter=0"));
        hosts["c1"].Run(() => Commands.Run("sh", "-c", "ip addr add 192.168.57.12/32 dev lo; ip addr add 192.168.57.11/32 dev lo; ip route add 192.168.57.13/32 via 172.18.0.1"));
        hosts["h1"].Run(() => Commands.Run("ip", "addr", "add", "192.168.57.13/32", "dev", "lo"));
        await SendAsync(hosts, "c1", "192.168.57.12", "192.168.57.13", "a container as a node");
        await SendAsync(hosts, "c1", "172.18.0.3", "192.168.57.13", "a container as itself");
        Assert.Equal("a node", await SendUntilReadAsync(hosts, inside, "h2", "192.168.57.12", "192.168.57.11", "a node"));

        // That it would have come: without the rule it does.
        await hosts.StopServicesAsync();
        hosts["h1"].Run(() => Commands.Run("nft", "flush", "chain", "ip", "skein", "raw-prerouting"));
        Assert.Equal("a container as a node", await SendUntilReadAsync(hosts, inside, "c1", "192.168.57.12", "192.168.57.13", "a container as a node"));
    }

    private static Socket Listen(MeshHosts hosts) => NamespaceSockets.BindUdp(hosts["c1"], new IPEndPoint(IPAddress.Any, Inside));

    /// <summary>A datagram may be lost, as one is whose neighbour is not known yet: it is sent again until something has come.</summary>
    private static async Task<string> SendUntilReadAsync(MeshHosts hosts, Socket inside, string from, string source, string to, string text)
    {
        var read = Caller.ReadAsync(inside, $"the frame of {text}");
        while (!read.IsCompleted)
        {
            await SendAsync(hosts, from, source, to, text);
            await Task.WhenAny(read, Task.Delay(100));
        }
        return await read;
    }

    private static async Task SendAsync(MeshHosts hosts, string from, string source, string to, string text)
    {
        using var inside = RtNetlink.Open(hosts["c1"]);
        using var socket = NamespaceSockets.Open(hosts[from], AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.EnableBroadcast = true;
        socket.Bind(new IPEndPoint(IPAddress.Parse(source), 0));
        var frame = VxlanFrame.Of(4097, inside.FindLink("eth1")!.Mac, "10.0.1.99", "10.0.1.5", Inside, text);
        await socket.SendToAsync(frame, new IPEndPoint(IPAddress.Parse(to), 4789));
    }
}
