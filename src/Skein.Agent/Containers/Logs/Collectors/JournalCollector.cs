using System.Net.Sockets;

namespace Skein.Agent.Containers.Logs.Collectors;

/// <summary>The host's journald, by the socket of its own protocol.</summary>
/// <param name="fields">What each line of the container carries.</param>
internal sealed class JournalCollector(string path, IReadOnlyList<KeyValuePair<string, string>> fields) : ILogCollector
{
    private Socket? _socket;
    private ulong _sent;

    public async Task ConnectAsync(CancellationToken cancel)
    {
        Dispose();
        if (!File.Exists(path)) throw new IOException("journald is not enabled on this host");
        var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancel);
            _socket = socket;
        }
        catch (SocketException error)
        {
            socket.Dispose();
            throw new IOException($"dial unixgram {path}: {error.Message}", error);
        }
    }

    public async ValueTask SendAsync(CollectedLine line, CancellationToken cancel)
    {
        if (_socket is not { } socket) throw new IOException("not connected");
        try
        {
            await socket.SendAsync(JournalMessage.Write(line, fields, ++_sent), cancel);
        }
        catch (SocketException error)
        {
            throw new IOException($"write unixgram {path}: {error.Message}", error);
        }
    }

    public void Dispose()
    {
        _socket?.Dispose();
        _socket = null;
    }
}
