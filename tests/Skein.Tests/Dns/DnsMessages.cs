using Skein.Agent.Dns.Wire;

namespace Skein.Tests.Dns;

/// <summary>Queries as a stub resolver writes them.</summary>
internal static class DnsMessages
{
    public static byte[] Query(string name, DnsType type, ushort id = 0x1234, ushort? ednsSize = null, byte ednsVersion = 0)
    {
        var buffer = new byte[600];
        var writer = new DnsWriter(buffer);
        foreach (var field in new ushort[] { id, 0x0100, 1, 0, 0, (ushort)(ednsSize is null ? 0 : 1) }) writer.TryWrite(field);
        if (!writer.TryWriteName(name)) throw new ArgumentException(name);
        writer.TryWrite((ushort)type);
        writer.TryWrite(DnsQuery.ClassInternet);
        if (ednsSize is { } size)
        {
            writer.TryWrite([(byte)0]);
            writer.TryWrite((ushort)DnsType.Opt);
            writer.TryWrite(size);
            writer.TryWrite((uint)ednsVersion << 16);
            writer.TryWrite((ushort)0);
        }
        return buffer[..writer.Length];
    }

    /// <summary>The answer section: type, time to live and data of each record.</summary>
    public static List<(DnsType Type, uint Ttl, byte[] Data)> Answers(ReadOnlySpan<byte> message)
    {
        var reader = new DnsReader(message);
        var header = reader.ReadHeader();
        for (var i = 0; i < header.Questions; i++)
        {
            reader.ReadName();
            reader.ReadUInt32();
        }
        var records = new List<(DnsType, uint, byte[])>();
        for (var i = 0; i < header.Answers; i++)
        {
            reader.ReadName();
            var type = (DnsType)reader.ReadUInt16();
            reader.ReadUInt16();
            records.Add((type, reader.ReadUInt32(), reader.ReadBytes(reader.ReadUInt16()).ToArray()));
        }
        return records;
    }

    public static DnsHeader Header(ReadOnlySpan<byte> message) => new DnsReader(message).ReadHeader();
}
