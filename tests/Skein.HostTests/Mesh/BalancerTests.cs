using System.Net.Sockets;
using Skein.Linux.Namespaces;
using Xunit;

namespace Skein.HostTests.Mesh;

public class BalancerTests
{
    [Fact]
    public async Task A_VIP_leads_to_every_ready_task_the_caller_itself_among_them()
    {
        await using var hosts = await MeshHosts.StartAsync();
        using var c1 = new EchoServer(hosts["c1"], "c1");
        using var c2 = new EchoServer(hosts["c2"], "c2");
        Assert.Equal(["c1 sees 10.0.1.5", "c2 sees 10.0.1.5"], await TwiceAsync(() => Caller.TcpAsync(hosts["c1"], MeshHosts.Vip, 80)));
        Assert.Equal(["c1 sees 10.0.1.6", "c2 sees 10.0.1.6"], await TwiceAsync(() => Caller.TcpAsync(hosts["c2"], MeshHosts.Vip, 80)));
        Assert.Equal(["c1 sees 10.0.1.5", "c2 sees 10.0.1.5"], await TwiceAsync(() => Caller.UdpAsync(hosts["c1"], MeshHosts.Vip, 80)));
        hosts["c1"].Run(() => Commands.Run("ping", "-c1", "-W2", MeshHosts.Vip));
    }

    [Fact]
    public async Task A_connection_stays_with_its_task_while_new_ones_go_to_the_others()
    {
        await using var hosts = await MeshHosts.StartAsync();
        using var c1 = new EchoServer(hosts["c1"], "c1");
        using var c2 = new EchoServer(hosts["c2"], "c2");
        hosts.Publish(s => MeshHosts.Ready(s, "t2"));
        await hosts.AppliedAsync();
        using var kept = await Caller.ConnectAsync(hosts["c1"], MeshHosts.Vip, 80);
        Assert.Equal("c2 sees 10.0.1.5", await Caller.ReadAsync(kept, "kept"));
        hosts.Publish(s => MeshHosts.Ready(s, "t1"));
        await hosts.AppliedAsync();
        Assert.Equal(["c1 sees 10.0.1.5", "c1 sees 10.0.1.5"], await TwiceAsync(() => Caller.TcpAsync(hosts["c1"], MeshHosts.Vip, 80)));
        await kept.SendAsync("still here"u8.ToArray());
        Assert.Equal("still here", await Caller.ReadAsync(kept, "kept"));
    }

    [Theory]
    [InlineData("c1", MeshHosts.Vip, 80)]
    [InlineData("cl", "192.168.57.11", 8080)]
    public async Task A_UDP_flow_goes_on_with_another_task_when_its_own_is_gone(string from, string address, int port)
    {
        await using var hosts = await MeshHosts.StartAsync();
        using var c1 = new EchoServer(hosts["c1"], "c1");
        using var c2 = new EchoServer(hosts["c2"], "c2");
        hosts.Publish(s => MeshHosts.Ready(s, "t2"));
        await hosts.AppliedAsync();
        using var socket = await Caller.UdpSocketAsync(hosts[from], address, port);
        foreach (var task in new[] { "c2", "c2", "c1" })
        {
            hosts.Publish(s => MeshHosts.Ready(s, task.Replace('c', 't')));
            await hosts.AppliedAsync();
            await socket.SendAsync("x"u8.ToArray());
            Assert.StartsWith(task, await Caller.ReadAsync(socket, task), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("c1", MeshHosts.Vip, 80)]
    [InlineData("cl", "192.168.57.11", 8080)]
    [InlineData("h1", "127.0.0.1", 8080)]
    public async Task A_UDP_flow_that_began_before_there_was_anybody_to_lead_it_to_is_led_when_there_is(string from, string address, int port)
    {
        await using var hosts = await MeshHosts.StartAsync();
        using var c2 = new EchoServer(hosts["c2"], "c2");
        using var socket = await Caller.UdpSocketAsync(hosts[from], address, port);

        hosts.Publish(s => s with { Services = s.Services.Clear() });       // the service is not there yet
        await hosts.AppliedAsync();
        await Caller.SendAsync(socket);
        hosts.Publish(s => MeshHosts.Ready(s));                             // it is, and none of its tasks runs
        await hosts.AppliedAsync();
        await Caller.SendAsync(socket);
        hosts.Publish(s => MeshHosts.Ready(s, "t2"));
        await hosts.AppliedAsync();
        Assert.StartsWith("c2", await Caller.AnsweredAsync(socket, "the first task"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("c1", MeshHosts.Vip, 80)]
    [InlineData("cl", "192.168.57.11", 8080)]
    public async Task A_UDP_flow_goes_on_with_another_task_when_its_own_went_while_the_daemon_was_away(string from, string address, int port)
    {
        await using var hosts = await MeshHosts.StartAsync();
        using var c1 = new EchoServer(hosts["c1"], "c1");
        using var c2 = new EchoServer(hosts["c2"], "c2");
        hosts.Publish(s => MeshHosts.Ready(s, "t2"));
        await hosts.AppliedAsync();
        using var socket = await Caller.UdpSocketAsync(hosts[from], address, port);
        await socket.SendAsync("x"u8.ToArray());
        Assert.StartsWith("c2", await Caller.ReadAsync(socket, "c2"), StringComparison.Ordinal);

        await hosts.StopServicesAsync();
        hosts.Publish(s => MeshHosts.Ready(s, "t1"));
        await hosts.RestartServicesAsync();
        await socket.SendAsync("x"u8.ToArray());
        Assert.StartsWith("c1", await Caller.ReadAsync(socket, "c1"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_VIP_without_ready_tasks_is_refused()
    {
        await using var hosts = await MeshHosts.StartAsync();
        hosts.Publish(s => MeshHosts.Ready(s));
        await hosts.AppliedAsync();
        var error = await Assert.ThrowsAsync<SocketException>(() => Caller.TcpAsync(hosts["c1"], MeshHosts.Vip, 80));
        Assert.Equal(SocketError.ConnectionRefused, error.SocketErrorCode);
    }

    private static async Task<string[]> TwiceAsync(Func<Task<string>> call) => [.. new[] { await call(), await call() }.Order()];
}
