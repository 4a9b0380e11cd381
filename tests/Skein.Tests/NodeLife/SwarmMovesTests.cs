using System.Net;
using Skein.NodeLife;
using Xunit;

namespace Skein.Tests.NodeLife;

public class SwarmMovesTests
{
    private static readonly SwarmMemory s_memory = new(
        "n1", "0.0.0.0:2377", "192.0.2.1", 2377, "198.51.100.1", 4789, [], null, Device: "eth0", VtepDevice: "eth1");

    [Fact]
    public void What_is_there_still_is_kept() =>
        Assert.Same(s_memory, SwarmMoves.Moved(s_memory, [On("eth0", "192.0.2.7"), On("eth0", "192.0.2.1"), On("eth1", "198.51.100.1")]));

    [Fact]
    public void The_address_that_the_same_device_has_now_is_taken()
    {
        var moved = SwarmMoves.Moved(s_memory, [On("eth0", "192.0.2.7"), On("eth1", "198.51.100.1"), On("eth2", "203.0.113.1")]);
        Assert.Equal(("192.0.2.7", "198.51.100.1", "0.0.0.0:2377"), (moved.AdvertiseAddr, moved.Vtep, moved.ListenAddr));
    }

    [Fact]
    public void Who_listens_at_its_address_listens_at_the_new_one_and_its_tunnels_end_there()
    {
        var memory = s_memory with { ListenAddr = "192.0.2.1:2477", Vtep = "192.0.2.1", VtepDevice = "eth0" };
        var moved = SwarmMoves.Moved(memory, [On("eth0", "192.0.2.7")]);
        Assert.Equal(("192.0.2.7", "192.0.2.7", "192.0.2.7:2477"), (moved.AdvertiseAddr, moved.Vtep, moved.ListenAddr));
    }

    [Fact]
    public void Behind_NAT_and_where_it_cannot_be_told_nothing_is_guessed()
    {
        var behind = s_memory with { Device = null, VtepDevice = null };
        Assert.Same(behind, SwarmMoves.Moved(behind, [On("eth0", "192.0.2.7")]));
        Assert.Same(s_memory, SwarmMoves.Moved(s_memory, [On("eth0", "192.0.2.7"), On("eth0", "192.0.2.8"), On("eth1", "198.51.100.1")]));
        Assert.Same(s_memory, SwarmMoves.Moved(s_memory, []));
        Assert.Same(s_memory, SwarmMoves.Moved(s_memory, [On("eth0", "2001:db8::7"), On("eth1", "2001:db8::8")]));
    }

    private static HostAddress On(string device, string address) => new(device, IPAddress.Parse(address));
}
