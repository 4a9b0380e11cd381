using Microsoft.Extensions.Time.Testing;
using Skein.Agent.Images;
using Skein.Agent.Tasks;
using Skein.Model;
using Xunit;

namespace Skein.Tests.Tasks;

public class ListeningTests
{
    private const string Heading = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode";
    private const string OnEighty = "   0: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0";
    private const string Loopback = "   1: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 2 1 0 100 0 0 10 0";
    private const string Talking = "   2: 0200000A:01BB 0300000A:C001 01 00000000:00000000 00:00000000 00000000     0        0 3 1 0 100 0 0 10 0";
    private const string OnV6 = "   0: 00000000000000000000000000000000:1F91 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 4 1";

    [Fact]
    public void Ports_are_read_of_sockets_that_listen_and_can_be_reached() =>
        Assert.Equal([80, 8081], ListeningSockets.Parse([Heading, OnEighty, Loopback, Talking, OnV6, "", "nonsense"]).Order());

    [Fact]
    public void A_process_that_has_gone_listens_nowhere() => Assert.Empty(ListeningSockets.Read(["/proc/0/net/tcp"]));

    [Fact]
    public void All_published_ports_are_waited_for_or_one_of_the_images()
    {
        var published = TaskPorts.Of(Publishing(80, 443), Image("8080/tcp"));
        Assert.False(published.IsServedBy(new HashSet<int> { 80, 8080 }));
        Assert.True(published.IsServedBy(new HashSet<int> { 80, 443 }));

        var exposed = TaskPorts.Of(new SwarmTask(), Image("80/tcp", "443/tcp", "53/udp", "nonsense/tcp"));
        Assert.False(exposed.IsServedBy(new HashSet<int> { 53 }));
        Assert.True(exposed.IsServedBy(new HashSet<int> { 443 }));
        Assert.False(TaskPorts.Of(new SwarmTask(), Image("53/udp")).IsAny);
    }

    [Fact]
    public async Task The_wait_ends_when_the_port_is_listened_on_and_has_an_end_of_its_own()
    {
        var sockets = Path.GetTempFileName();
        File.WriteAllLines(sockets, [Heading]);
        var clock = new FakeTimeProvider();
        var waiting = new ListeningWait(TaskPorts.Of(Publishing(80), Image()), [sockets], clock).RunAsync(CancellationToken.None);
        clock.Advance(TimeSpan.FromMilliseconds(200));
        Assert.False(waiting.IsCompleted);
        File.WriteAllLines(sockets, [Heading, OnEighty]);
        await Poll.UntilAsync("the port is seen", () => { clock.Advance(TimeSpan.FromMilliseconds(1)); return waiting.IsCompleted; });

        var deaf = new ListeningWait(TaskPorts.Of(Publishing(81), Image()), [sockets], clock).RunAsync(CancellationToken.None);
        await Poll.UntilAsync("it is waited for no longer", () => { clock.Advance(TimeSpan.FromMilliseconds(100)); return deaf.IsCompleted; });
        File.Delete(sockets);
    }

    private static SwarmTask Publishing(params uint[] ports)
    {
        var task = new SwarmTask { Endpoint = new() { Spec = new() } };
        task.Endpoint.Ports.Add(ports.Select(p => new PortConfig { TargetPort = p }));
        return task;
    }

    private static ImageRecord Image(params string[] exposed) => new(
        "sha256:" + new string('a', 64), ["httpd:latest"], [], null, 1, "amd64", "linux", [],
        new ImageConfig([], [], [], "", "", exposed, [], new Dictionary<string, string>(), "", null));
}
