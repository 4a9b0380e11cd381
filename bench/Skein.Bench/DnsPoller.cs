using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Skein.Bench;

/// <summary>
/// Asks 127.0.0.11 for a name every 5 ms and prints "UNIXMILLISECONDS ANSWERS" whenever the number of answers changes.
/// The bench starts itself as this inside a container's network.
/// </summary>
internal static class DnsPoller
{
    public static async Task<int> RunAsync(string name)
    {
        List<byte> query = [0x53, 0x4b, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        foreach (var label in name.Split('.'))
            query.AddRange([(byte)label.Length, .. Encoding.ASCII.GetBytes(label)]);
        query.AddRange([0, 0, 1, 0, 1]);

        using var socket = new UdpClient();
        socket.Connect(IPAddress.Parse("127.0.0.11"), 53);
        var last = -1;
        while (true)
        {
            using var late = new CancellationTokenSource(TimeSpan.FromMilliseconds(500));
            try
            {
                await socket.SendAsync(query.ToArray(), late.Token);
                var answer = (await socket.ReceiveAsync(late.Token)).Buffer;
                var count = (answer[6] << 8) | answer[7];
                if (count != last)
                {
                    last = count;
                    Console.WriteLine($"{DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()} {count}");
                }
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException)
            {
                // No answer is one more reason to ask again.
            }

            await Task.Delay(5);
        }
    }
}
