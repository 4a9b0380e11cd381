using System.Net.Sockets;
using Skein.Hosting;
using Skein.Managing;
using Skein.NodeLife;
using Skein.Model;
using Xunit;

namespace Skein.HostTests.Hosting;

public sealed class EngineSocketTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("skein-socket-").FullName;
    private readonly List<Socket> _listening = [];

    [Theory]
    [InlineData("adm")]
    [InlineData("docker")]
    public void A_socket_is_its_groups_where_the_host_has_the_group(string name)
    {
        var (first, second) = (Listen("a.sock"), Listen("b.sock"));
        var group = EngineListeners.GroupOf(name);

        EngineListeners.Protect([$"unix://{first}", "tcp://127.0.0.1:2375", $"unix://{second}"], group);

        // Not every host has a group docker; adm stands in Debian's own list.
        var owner = Commands.Try("getent", "group", name).Exit == 0 ? name : "root";
        Assert.Equal(name == "adm" || owner == "docker", group is not null);
        Assert.Equal($"660 root:{owner}", Commands.Run("stat", "-c", "%a %U:%G", first).Trim());
        Assert.Equal($"660 root:{owner}", Commands.Run("stat", "-c", "%a %U:%G", second).Trim());
    }

    [Fact]
    public void A_group_may_be_given_by_its_number()
    {
        var socket = Listen("a.sock");
        EngineListeners.Protect([$"unix://{socket}"], EngineListeners.GroupOf("54321"));
        Assert.Equal("660 0:54321", Commands.Run("stat", "-c", "%a %u:%g", socket).Trim());
    }

    [Fact]
    public void A_group_that_was_asked_for_and_is_not_there_stops_the_daemon()
    {
        Assert.Equal("group no-such-group not found", Assert.Throws<SkeinException>(() => EngineListeners.GroupOf("no-such-group")).Message);
    }

    public void Dispose()
    {
        _listening.ForEach(socket => socket.Dispose());
        Directory.Delete(_folder, recursive: true);
    }

    private string Listen(string name)
    {
        var path = Path.Combine(_folder, name);
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        _listening.Add(socket);
        socket.Bind(new UnixDomainSocketEndPoint(path));
        socket.Listen();
        return path;
    }
}
