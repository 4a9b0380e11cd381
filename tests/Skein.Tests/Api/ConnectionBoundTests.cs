using System.Net.Sockets;
using System.Text;
using Skein.Hosting;
using Skein.Managing;
using Skein.NodeLife;
using Xunit;

namespace Skein.Tests.Api;

/// <summary>As many clients as the socket takes, each with a connection that it keeps.</summary>
[Collection(Alone.Name)]
public sealed class ConnectionBoundTests
{
    // Of both ends, which are in this process: pipes, sockets, and what Kestrel keeps for the next request.
    private const long MemoryOfAConnection = 48 << 10;

    [Fact]
    public async Task One_connection_more_is_closed_and_those_that_are_there_are_served()
    {
        await using var server = await ApiServer.StartAsync();
        var kept = new List<Socket>();
        try
        {
            var before = GC.GetTotalMemory(forceFullCollection: true);
            for (var i = 0; i < EngineListeners.ConnectionsMax; i++)
            {
                kept.Add(await server.ConnectAsync());
                await PingAsync(kept[^1]);
            }
            var taken = GC.GetTotalMemory(forceFullCollection: true) - before;
            Assert.True(taken < kept.Count * MemoryOfAConnection, $"{taken} bytes for {kept.Count} connections");

            using (var more = await server.ConnectAsync()) Assert.Equal("", await ApiServer.ToEndAsync(more));
            await PingAsync(kept[0]);
            await PingAsync(kept[^1]);

            kept[0].Dispose();
            await Poll.UntilAsync("there is room for another", async () => (await server.SayAsync("GET /_ping HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")).EndsWith("OK", StringComparison.Ordinal), room => room);
        }
        finally
        {
            kept.ForEach(socket => socket.Dispose());
        }
    }

    private static async Task PingAsync(Socket socket)
    {
        await socket.SendAsync("GET /_ping HTTP/1.1\r\nHost: h\r\n\r\n"u8.ToArray());
        var (said, buffer) = ("", new byte[1024]);
        while (!said.EndsWith("\r\n\r\nOK", StringComparison.Ordinal))
        {
            var count = await socket.ReceiveAsync(buffer, Poll.Soon);
            Assert.True(count > 0, $"closed after: {said}");
            said += Encoding.ASCII.GetString(buffer, 0, count);
        }
    }
}
