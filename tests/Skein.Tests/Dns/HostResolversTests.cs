using System.Net;
using Skein.Agent.Dns;
using Xunit;

namespace Skein.Tests.Dns;

public sealed class HostResolversTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("skein-resolvers-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Nameservers_are_read_anew_when_the_file_has_changed()
    {
        var path = Write("resolv.conf", "192.0.2.1", DateTime.UnixEpoch);
        var resolvers = new HostResolvers(path);
        Assert.Equal([Server("192.0.2.1")], resolvers.Current);

        Write("resolv.conf", "192.0.2.2", DateTime.UnixEpoch.AddSeconds(1));
        Assert.Equal([Server("192.0.2.2")], resolvers.Current);
    }

    [Fact]
    public void The_file_may_be_a_link_as_systemd_and_resolvconf_make_it()
    {
        var target = Write("stub-resolv.conf", "192.0.2.1", DateTime.UnixEpoch);
        var link = Path.Combine(_folder, "resolv.conf");
        File.CreateSymbolicLink(link, target);
        var resolvers = new HostResolvers(link);
        Assert.Equal([Server("192.0.2.1")], resolvers.Current);

        Write("stub-resolv.conf", "192.0.2.2", DateTime.UnixEpoch.AddSeconds(1));
        Assert.Equal([Server("192.0.2.2")], resolvers.Current);
    }

    [Fact]
    public void A_link_to_nothing_names_nobody_until_there_is_something()
    {
        var link = Path.Combine(_folder, "resolv.conf");
        File.CreateSymbolicLink(link, Path.Combine(_folder, "not-yet"));
        var resolvers = new HostResolvers(link);
        Assert.Empty(resolvers.Current);

        Write("not-yet", "192.0.2.1", DateTime.UnixEpoch);
        Assert.Equal([Server("192.0.2.1")], resolvers.Current);
    }

    private static IPEndPoint Server(string address) => new(IPAddress.Parse(address), 53);

    private string Write(string name, string server, DateTime at)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, $"nameserver {server}\n");
        File.SetLastWriteTimeUtc(path, at);
        return path;
    }
}
