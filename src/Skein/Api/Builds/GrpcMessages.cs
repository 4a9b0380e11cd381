using System.Buffers.Binary;
using Google.Protobuf;
using Grpc.Core;

namespace Skein.Api.Builds;

/// <summary>The messages in a call's body: a byte that tells of compression, four of the length, and the message.</summary>
internal static class GrpcMessages
{
    // BuildKit's own bound for one.
    private const int MaxLength = 16 << 20;
    private const int PrefixLength = 5;

    /// <summary>null at the end of the stream.</summary>
    /// <exception cref="RpcException">It is no message, or one beyond the bound.</exception>
    public static async Task<byte[]?> ReadAsync(Stream body, CancellationToken cancel)
    {
        var prefix = new byte[PrefixLength];
        var read = await body.ReadAtLeastAsync(prefix, PrefixLength, throwOnEndOfStream: false, cancel);
        if (read == 0) return null;
        var length = BinaryPrimitives.ReadUInt32BigEndian(prefix.AsSpan(1));
        if (read < PrefixLength || prefix[0] != 0) throw Wrong(StatusCode.Internal, "the call's messages are cut or compressed");
        if (length > MaxLength) throw Wrong(StatusCode.ResourceExhausted, $"received message larger than max ({length} vs. {MaxLength})");
        var message = new byte[length];
        await body.ReadExactlyAsync(message, cancel);
        return message;
    }

    public static byte[] Frame(IMessage message)
    {
        var framed = new byte[PrefixLength + message.CalculateSize()];
        BinaryPrimitives.WriteInt32BigEndian(framed.AsSpan(1), framed.Length - PrefixLength);
        message.WriteTo(framed.AsSpan(PrefixLength));
        return framed;
    }

    private static RpcException Wrong(StatusCode status, string why) => new(new Status(status, why));
}
