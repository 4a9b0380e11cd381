namespace Skein.Agent.Dns.Wire;

/// <summary>What a client asks: one question, and what it can take.</summary>
/// <param name="Name">Lower case, without the last dot.</param>
/// <param name="QuestionEnd">Where the question section ends in the message: a reply repeats it byte for byte, in the client's case.</param>
/// <param name="UdpSize">Largest reply over UDP, 512 without EDNS (RFC 6891).</param>
internal readonly record struct DnsQuery(
    DnsHeader Header,
    string Name,
    DnsType Type,
    ushort Class,
    int QuestionEnd,
    bool HasEdns,
    byte EdnsVersion,
    ushort UdpSize)
{
    public const ushort PlainUdpSize = 512;
    public const ushort ClassInternet = 1;

    // Larger ones would be fragmented on the way; nobody needs more from us.
    private const ushort MaxUdpSize = 4096;

    /// <exception cref="DnsFormatException"/>
    public static DnsQuery Parse(ReadOnlySpan<byte> message)
    {
        var reader = new DnsReader(message);
        var header = reader.ReadHeader();
        if (header.IsResponse) throw new DnsFormatException("a response where a query belongs");
        if (header.Questions != 1) throw new DnsFormatException($"{header.Questions} questions");
        var query = new DnsQuery(
            header,
            reader.ReadName(),
            (DnsType)reader.ReadUInt16(),
            reader.ReadUInt16(),
            reader.Position,
            HasEdns: false,
            EdnsVersion: 0,
            PlainUdpSize);
        for (var i = header.Answers + header.Authorities + header.Additionals; i > 0; i--) query = query.WithRecord(ref reader);
        return query;
    }

    private DnsQuery WithRecord(ref DnsReader reader)
    {
        reader.ReadName();
        var type = (DnsType)reader.ReadUInt16();
        var size = reader.ReadUInt16();
        var extended = reader.ReadUInt32();
        reader.ReadBytes(reader.ReadUInt16());
        if (type != DnsType.Opt) return this;
        if (HasEdns) throw new DnsFormatException("two OPT records");
        return this with
        {
            HasEdns = true,
            EdnsVersion = (byte)(extended >> 16),
            UdpSize = Math.Clamp(size, PlainUdpSize, MaxUdpSize),
        };
    }
}
