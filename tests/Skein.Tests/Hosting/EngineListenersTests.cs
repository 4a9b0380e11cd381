using System.Net.Sockets;
using Skein.Hosting;
using Skein.Managing;
using Skein.NodeLife;
using Skein.Model;
using Xunit;

namespace Skein.Tests.Hosting;

public sealed class EngineListenersTests : IDisposable
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void A_socket_that_another_program_serves_is_not_taken_away_from_it()
    {
        EngineListeners.RequireFree(["unix://" + _path]);   // there is none yet

        using (var dockerd = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            dockerd.Bind(new UnixDomainSocketEndPoint(_path));
            dockerd.Listen();
            Assert.Contains(_path, Assert.Throws<SkeinException>(() => EngineListeners.RequireFree(["unix://" + _path])).Message);
        }

        // Of a daemon that was killed: the file is there, and nobody listens behind it.
        using var killed = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        killed.Bind(new UnixDomainSocketEndPoint(_path));
        EngineListeners.RequireFree(["unix://" + _path]);
    }
}
