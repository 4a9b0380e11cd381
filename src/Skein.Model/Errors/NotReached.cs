using System.Net.Sockets;
using Grpc.Core;

namespace Skein.Model;

/// <summary>Why a call reached nobody. What gRPC says itself, "Error connecting to subchannel.", names no reason.</summary>
public static class NotReached
{
    /// <summary>In the words of Go's dial; null when somebody answered, or it is another failure.</summary>
    public static string? Why(RpcException error)
    {
        for (var cause = error.Status.DebugException; cause is not null; cause = cause.InnerException)
        {
            if (cause is SocketException socket) return $"connect: {socket.Message.ToLowerInvariant()}";
            if (cause is TimeoutException) return "i/o timeout";
        }
        return null;
    }
}
