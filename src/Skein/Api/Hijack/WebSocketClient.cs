using System.Net.WebSockets;
using System.Text;
using Skein.Agent.Containers;
using Skein.Api.Containers;

namespace Skein.Api.Hijack;

/// <summary>
/// A client on a websocket: both outputs in one, a message for each piece. What it types is taken as it comes, however long
/// the message it belongs to.
/// </summary>
internal sealed class WebSocketClient(WebSocket socket, WebSocketMessageType type, TimeProvider time) : IAttachedClient
{
    private const int BufferSize = 16 * 1024;

    // To end the reading is to break the connection, and what it has not carried yet is lost: the client's own close is awaited.
    private static readonly TimeSpan s_leaveTaking = TimeSpan.FromSeconds(2);

    private readonly TaskCompletionSource _heardOut = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _listening;

    public async Task<bool> TypeAsync(Func<ReadOnlyMemory<byte>, ValueTask> take, CancellationToken cancel)
    {
        var buffer = new byte[BufferSize];
        _listening = true;
        try
        {
            while (await socket.ReceiveAsync(buffer.AsMemory(), cancel) is { MessageType: not WebSocketMessageType.Close } piece)
                await take(buffer.AsMemory(0, piece.Count));
        }
        catch (WebSocketException)
        {
            // It left without a word.
        }
        finally
        {
            _heardOut.SetResult();
        }
        return false;
    }

    public async ValueTask<bool> ShowAsync(LogStream stream, ReadOnlyMemory<byte> content, CancellationToken cancel)
    {
        if (socket.State != WebSocketState.Open) return false;
        try
        {
            await socket.SendAsync(content, type, endOfMessage: true, cancel);
            return true;
        }
        catch (Exception error) when (error is WebSocketException or IOException)
        {
            return false;
        }
    }

    public ValueTask<bool> TellAsync(string words, CancellationToken cancel) => ShowAsync(StreamFrames.Daemon, Encoding.UTF8.GetBytes($"\r\n{words}\r\n"), cancel);

    public async Task TakeLeaveAsync(CancellationToken cancel)
    {
        if (socket.State is not (WebSocketState.Open or WebSocketState.CloseReceived)) return;
        try
        {
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, cancel);
            if (_listening) await _heardOut.Task.WaitAsync(s_leaveTaking, time, cancel);
        }
        catch (Exception error) when (error is WebSocketException or IOException or TimeoutException)
        {
            // It is gone already, or says nothing to it.
        }
    }
}
