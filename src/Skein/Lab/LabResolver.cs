using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Skein.Lab;

/// <summary>
/// The LAN's resolver: knows hN.lab, registry.lab and gateway.lab, and says of every other name at once that it does
/// not exist, where a resolver without a way out would let its clients wait.
/// </summary>
internal static class LabResolver
{
    private const int HeaderLength = 12;
    private const ushort TypeA = 1;
    private const ushort ClassIn = 1;
    private const ushort Answer = 0x8180;           // QR, RD, RA
    private const ushort NameError = Answer | 3;
    private const ushort FormatError = Answer | 1;
    private const uint TimeToLive = 60;

    public static async Task ServeAsync(CancellationToken cancel)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Parse(LabLan.Gateway), 53));
        var buffer = new byte[2048];
        var anyone = new IPEndPoint(IPAddress.Any, 0);
        while (!cancel.IsCancellationRequested)
        {
            var received = await socket.ReceiveFromAsync(buffer, SocketFlags.None, anyone, cancel);
            if (Respond(buffer.AsSpan(0, received.ReceivedBytes)) is { } response)
                await socket.SendToAsync(response, SocketFlags.None, received.RemoteEndPoint, cancel);
        }
    }

    /// <summary>The response to a query; null for what is none.</summary>
    public static byte[]? Respond(ReadOnlySpan<byte> query)
    {
        if (query.Length < HeaderLength || (query[2] & 0x80) != 0)
            return null;
        var name = ReadName(query, out var end);
        if (name is null || end + 4 > query.Length)
            return Head(query[..HeaderLength], FormatError, questions: 0, answers: 0);

        var type = BinaryPrimitives.ReadUInt16BigEndian(query[end..]);
        var address = AddressOf(name);
        var answers = address is not null && type == TypeA ? 1 : 0;
        var head = Head(query[..(end + 4)], address is null ? NameError : Answer, questions: 1, answers);
        if (answers == 0)
            return head;

        Span<byte> record = stackalloc byte[16];
        record[0] = 0xc0;                           // the name: the one at offset 12
        record[1] = HeaderLength;
        BinaryPrimitives.WriteUInt16BigEndian(record[2..], TypeA);
        BinaryPrimitives.WriteUInt16BigEndian(record[4..], ClassIn);
        BinaryPrimitives.WriteUInt32BigEndian(record[6..], TimeToLive);
        BinaryPrimitives.WriteUInt16BigEndian(record[10..], 4);
        address!.TryWriteBytes(record[12..], out _);
        return [.. head, .. record];
    }

    private static IPAddress? AddressOf(string name)
    {
        if (!name.EndsWith(".lab", StringComparison.Ordinal))
            return null;
        return name[..^4] switch
        {
            "gateway" => IPAddress.Parse(LabLan.Gateway),
            "registry" => IPAddress.Parse(LabLan.Registry),
            ['h', .. var digits] when int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                && number is >= 1 and <= LabHost.MostHosts => IPAddress.Parse($"{LabLan.Prefix}.{10 + number}"),
            _ => null,
        };
    }

    // The question's name in lower case, without the last dot; a question never needs compression.
    private static string? ReadName(ReadOnlySpan<byte> message, out int end)
    {
        var name = new StringBuilder();
        end = HeaderLength;
        while (end < message.Length)
        {
            int length = message[end++];
            if (length == 0)
                return name.ToString().ToLowerInvariant();
            if (length > 63 || end + length > message.Length)
                return null;
            if (name.Length > 0)
                name.Append('.');
            name.Append(Encoding.Latin1.GetString(message.Slice(end, length)));
            end += length;
        }

        return null;
    }

    private static byte[] Head(ReadOnlySpan<byte> start, ushort flags, ushort questions, int answers)
    {
        var head = start.ToArray();
        BinaryPrimitives.WriteUInt16BigEndian(head.AsSpan(2), flags);
        BinaryPrimitives.WriteUInt16BigEndian(head.AsSpan(4), questions);
        BinaryPrimitives.WriteUInt16BigEndian(head.AsSpan(6), (ushort)answers);
        BinaryPrimitives.WriteUInt32BigEndian(head.AsSpan(8), 0);
        return head;
    }
}
