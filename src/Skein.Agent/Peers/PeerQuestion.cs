using System.Buffers.Binary;

namespace Skein.Agent.Peers;

/// <summary>
/// An ICMP echo request on the ingress network, which the other node's kernel answers, and the answer. By its 64 random bits, known
/// to whom it was sent alone, nobody else can answer in its place.
/// </summary>
internal static class PeerQuestion
{
    public const int Length = 16;

    private const byte Request = 8, Reply = 0;
    private const int SecretAt = 8;

    public static void Write(Span<byte> message, ulong secret)
    {
        message.Clear();
        message[0] = Request;   // checksum and identifier are the kernel's
        BinaryPrimitives.WriteUInt64BigEndian(message[SecretAt..], secret);
    }

    public static bool TryReadAnswer(ReadOnlySpan<byte> message, out ulong secret)
    {
        secret = 0;
        if (message.Length != Length || message[0] != Reply || message[1] != 0) return false;
        secret = BinaryPrimitives.ReadUInt64BigEndian(message[SecretAt..]);
        return true;
    }
}
