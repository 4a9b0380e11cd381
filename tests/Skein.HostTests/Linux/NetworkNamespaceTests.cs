using System.Net;
using System.Net.Sockets;
using Skein.Linux;
using Skein.Linux.Mounts;
using Skein.Linux.Namespaces;
using Xunit;

namespace Skein.HostTests.Linux;

public sealed class NetworkNamespaceTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("skein-netns-").FullName;

    [Fact]
    public void A_fresh_namespace_holds_loopback_only_and_the_caller_stays_where_it_was()
    {
        using var host = NetworkNamespace.OpenHost();
        using var space = NetworkNamespace.Create(Pin("a"));
        Assert.NotEqual(host.Inode, space.Inode);
        Assert.Equal(["lo"], space.Run(Devices));
        using var after = NetworkNamespace.Open("/proc/thread-self/ns/net");
        Assert.Equal(host.Inode, after.Inode);
    }

    [Fact]
    public void A_pin_is_found_again_and_leaves_nothing_when_deleted()
    {
        ulong inode;
        using (var space = NetworkNamespace.Create(Pin("a"))) inode = space.Inode;
        using (var again = NetworkNamespace.OpenOrCreate(Pin("a"))) Assert.Equal(inode, again.Inode);
        Assert.Equal(Errno.EEXIST, Assert.Throws<LinuxException>(() => NetworkNamespace.Create(Pin("a"))).Errno);
        NetworkNamespace.Delete(Pin("a"));
        NetworkNamespace.Delete(Pin("a"));
        Assert.Null(NetworkNamespace.TryOpen(Pin("a")));
        Assert.Empty(MountTable.Under(_folder));
        Assert.Empty(Directory.GetFiles(_folder));
    }

    [Fact]
    public void A_file_whose_pin_was_lost_is_no_namespace_and_may_be_pinned_anew()
    {
        File.WriteAllText(Pin("a"), "");
        Assert.Null(NetworkNamespace.TryOpen(Pin("a")));
        Assert.Equal(Errno.EINVAL, Assert.Throws<LinuxException>(() => NetworkNamespace.Open(Pin("a"))).Errno);
        using var space = NetworkNamespace.OpenOrCreate(Pin("a"));
        Assert.Equal(["lo"], space.Run(Devices));
    }

    [Fact]
    public async Task An_error_inside_reaches_the_caller()
    {
        using var space = NetworkNamespace.Create(Pin("a"));
        Assert.Throws<InvalidDataException>(() => space.Run(() => throw new InvalidDataException()));
        await Assert.ThrowsAsync<InvalidDataException>(() => space.RunAsync(() => throw new InvalidDataException()));
    }

    [Fact]
    public async Task Two_namespaces_bind_the_same_port_and_serve_from_the_pool()
    {
        using var a = NetworkNamespace.Create(Pin("a"));
        using var b = NetworkNamespace.Create(Pin("b"));
        foreach (var space in new[] { a, b }) space.Run(() => Commands.Run("ip", "link", "set", "lo", "up"));
        var local = new IPEndPoint(IPAddress.Parse("127.0.0.11"), 5353);
        using var udpA = NamespaceSockets.BindUdp(a, local);
        using var udpB = NamespaceSockets.BindUdp(b, local);
        using var tcpA = NamespaceSockets.ListenTcp(a, local);
        using var client = NamespaceSockets.Open(a, AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        await client.SendToAsync("hello"u8.ToArray(), local);
        var buffer = new byte[16];
        var received = await udpA.ReceiveFromAsync(buffer.AsMemory(), local, Poll.Soon);
        Assert.Equal("hello"u8.ToArray(), buffer[..received.ReceivedBytes]);
        Assert.Equal(0, udpB.Available);
    }

    [Fact]
    public void Making_and_deleting_many_at_once_leaves_nothing()
    {
        Parallel.For(0, 50, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i =>
        {
            using var space = NetworkNamespace.Create(Pin($"n{i}"));
            Assert.Equal(["lo"], space.Run(Devices));
        });
        Assert.Equal(50, NamespacePins.List(_folder).Count);
        NamespacePins.DeleteAll(_folder);
        Assert.False(Directory.Exists(_folder));
    }

    public void Dispose()
    {
        NamespacePins.DeleteAll(_folder);
    }

    private string Pin(string name) => Path.Combine(_folder, name);

    // /sys shows the namespace it was mounted in; /proc/thread-self/net the thread's.
    private static string[] Devices() => [.. File.ReadLines("/proc/thread-self/net/dev").Skip(2).Select(l => l.Split(':')[0].Trim())];
}
