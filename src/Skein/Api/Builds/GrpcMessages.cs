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

    // What is announced need not come, and a connection may have a hundred calls: of a longer message no more is made room for than is there.
    private const int PieceLength = 64 << 10;

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
        var piece = new byte[Math.Min(length, PieceLength)];
        if (length > PieceLength) return await ReadLongAsync(body, piece, length, cancel);
        await body.ReadExactlyAsync(piece, cancel);
        return piece;
    }

    private static async Task<byte[]> ReadLongAsync(Stream body, byte[] piece, long length, CancellationToken cancel)
    {
        using var message = new MemoryStream();
        while (message.Length < length)
        {
            var read = await body.ReadAsync(piece.AsMemory(0, (int)Math.Min(piece.Length, length - message.Length)), cancel);
            if (read == 0) throw new EndOfStreamException();
            message.Write(piece, 0, read);
        }
        return message.ToArray();
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
