using System.Net;
using Skein.Agent.Bridges;
using Skein.Agent.Mesh;
using Skein.Linux.Files;
using Skein.Model;
using Xunit;

namespace Skein.HostTests.Bridges;

/// <summary>An image exposes what its maker likes, and `-P` publishes all of it.</summary>
public sealed class HostEndsTests : IAsyncDisposable
{
    private readonly BridgeHost _host = new();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public void More_ports_than_this_daemon_may_have_files_are_refused_before_one_is_taken()
    {
        using var ends = new HostEnds(_host.Space, most: 3);
        ends.Hold(End(PortProtocol.Tcp, 80), "web");
        ends.CheckRoom(2);
        var refused = Assert.Throws<SkeinException>(() => ends.CheckRoom(3));
        Assert.Equal((ErrorKind.Unavailable, "too many published ports: this daemon can hold 2 more, and 3 are wanted"), (refused.Kind, refused.Message));
    }

    [Fact]
    public void Where_no_port_is_left_none_is_looked_for_without_end()
    {
        using var ends = new HostEnds(_host.Space, most: int.MaxValue);
        for (var port = 1; port <= ushort.MaxValue; port++) ends.Hold(End(PortProtocol.Sctp, port), "all");
        Assert.Equal("all ports are allocated", Assert.Throws<SkeinException>(() => ends.HoldAny(PortProtocol.Sctp, [IPAddress.Any], "web")).Message);
    }

    [Fact]
    public async Task A_container_that_would_take_them_all_is_refused_and_takes_none()
    {
        var error = await Assert.ThrowsAsync<SkeinException>(() => _host.RunAsync("web", with: spec =>
        {
            spec.PortBindings.AddRange(Enumerable.Range(0, (OpenFiles.Most / 2) + 1).Select(i => BridgeHost.Port((uint)(i % ushort.MaxValue) + 1)));
        }));
        Assert.Contains("too many published ports", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(":", _host.Space.Run(() => Commands.Run("ss", "-Hltun")), StringComparison.Ordinal);
    }

    private static HostEnd End(PortProtocol protocol, int port) => new(new TransportPort(protocol, (ushort)port), IPAddress.Any);
}
