using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Skein.Agent.Dns.Wire;

/// <summary>Writes the replies that are made here; relayed ones keep the bytes of the server that made them.</summary>
internal static class DnsReply
{
    // A reply to a broken query, where not even the question could be read.
    public static int WriteFormatError(ReadOnlySpan<byte> query, Span<byte> buffer)
    {
        if (query.Length < DnsHeader.Size) return 0;
        var flags = BinaryPrimitives.ReadUInt16BigEndian(query[2..]);
        if ((flags & DnsHeader.ResponseFlag) != 0) return 0;
        var writer = new DnsWriter(buffer);
        writer.TryWrite(BinaryPrimitives.ReadUInt16BigEndian(query));
        writer.TryWrite(ReplyFlags(flags, DnsResponseCode.FormatError));
        writer.TryWrite(0u);
        writer.TryWrite(0u);
        return writer.Length;
    }

    /// <summary>A reply with a code and no records.</summary>
    public static int WriteCode(ReadOnlySpan<byte> message, in DnsQuery query, DnsResponseCode code, Span<byte> buffer)
    {
        var writer = new DnsWriter(buffer);
        WriteHead(message, query, code, ref writer);
        WriteEdns(query, code, ref writer);
        return writer.Length;
    }

    /// <summary>
    /// The addresses of the asked family, beginning with number <paramref name="rotation"/> so that clients that take the
    /// first one are spread. What does not fit is left out and the reply marked as truncated: the client comes again by TCP.
    /// </summary>
    public static int WriteAddresses(
        ReadOnlySpan<byte> message, in DnsQuery query, IReadOnlyList<IPAddress> addresses, uint ttl, uint rotation, Span<byte> buffer)
    {
        var family = query.Type == DnsType.A ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6;
        Span<byte> bytes = stackalloc byte[16];
        var writer = new DnsWriter(buffer);
        WriteHead(message, query, DnsResponseCode.NoError, ref writer);
        var reserved = new DnsWriter(buffer[..^EdnsSize(query)]);
        reserved.Rewind(writer.Length);
        ushort count = 0;
        var truncated = false;
        for (var i = 0; i < addresses.Count && !truncated; i++)
        {
            var address = addresses[(int)((i + rotation) % (uint)addresses.Count)];
            if (address.AddressFamily != family) continue;
            address.TryWriteBytes(bytes, out var size);
            if (TryWriteRecord(ref reserved, query.Type, ttl, bytes[..size])) count++;
            else truncated = true;
        }
        return Finish(query, buffer, reserved.Length, count, truncated);
    }

    public static int WritePointer(ReadOnlySpan<byte> message, in DnsQuery query, string target, uint ttl, Span<byte> buffer)
    {
        var writer = new DnsWriter(buffer[..^EdnsSize(query)]);
        WriteHead(message, query, DnsResponseCode.NoError, ref writer);
        Span<byte> name = stackalloc byte[256];
        var nameWriter = new DnsWriter(name);
        if (!nameWriter.TryWriteName(target)) return WriteCode(message, query, DnsResponseCode.NoError, buffer);
        var written = TryWriteRecord(ref writer, DnsType.Ptr, ttl, name[..nameWriter.Length]);
        return Finish(query, buffer, writer.Length, (ushort)(written ? 1 : 0), !written);
    }

    private static int Finish(in DnsQuery query, Span<byte> buffer, int length, ushort count, bool truncated)
    {
        var writer = new DnsWriter(buffer);
        writer.Rewind(length);
        writer.Patch(6, count);
        if (truncated) buffer[2] |= DnsHeader.TruncatedFlag >> 8;
        WriteEdns(query, DnsResponseCode.NoError, ref writer);
        return writer.Length;
    }

    private static bool TryWriteRecord(ref DnsWriter writer, DnsType type, uint ttl, scoped ReadOnlySpan<byte> data)
    {
        const ushort pointerToQuestion = 0xc000 | DnsHeader.Size;
        var start = writer.Length;
        var written = writer.TryWrite(pointerToQuestion) && writer.TryWrite((ushort)type) && writer.TryWrite(DnsQuery.ClassInternet)
            && writer.TryWrite(ttl) && writer.TryWrite((ushort)data.Length) && writer.TryWrite(data);
        if (!written) writer.Rewind(start);
        return written;
    }

    // Header with no records yet, and the question as it came.
    private static void WriteHead(ReadOnlySpan<byte> message, in DnsQuery query, DnsResponseCode code, ref DnsWriter writer)
    {
        writer.TryWrite(query.Header.Id);
        writer.TryWrite(ReplyFlags(query.Header.Flags, code));
        writer.TryWrite((ushort)1);
        writer.TryWrite((ushort)0);
        writer.TryWrite((ushort)0);
        writer.TryWrite((ushort)(query.HasEdns ? 1 : 0));
        writer.TryWrite(message[DnsHeader.Size..query.QuestionEnd]);
    }

    private static ushort ReplyFlags(ushort queryFlags, DnsResponseCode code) => (ushort)(
        DnsHeader.ResponseFlag | DnsHeader.RecursionAvailableFlag
        | (queryFlags & (DnsHeader.OpcodeMask | DnsHeader.RecursionDesiredFlag)) | ((int)code & 0xf));

    private static int EdnsSize(in DnsQuery query) => query.HasEdns ? 11 : 0;

    private static void WriteEdns(in DnsQuery query, DnsResponseCode code, ref DnsWriter writer)
    {
        const ushort ourUdpSize = 1232;   // what passes everywhere unfragmented, by the DNS flag day of 2020
        if (!query.HasEdns) return;
        writer.TryWrite([(byte)0]);
        writer.TryWrite((ushort)DnsType.Opt);
        writer.TryWrite(ourUdpSize);
        writer.TryWrite((uint)((int)code >> 4) << 24);
        writer.TryWrite((ushort)0);
    }
}
