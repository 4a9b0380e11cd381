namespace Skein.Agent.Dns.Wire;

/// <summary>The twelve bytes every message begins with (RFC 1035, 4.1.1).</summary>
internal readonly record struct DnsHeader(ushort Id, ushort Flags, ushort Questions, ushort Answers, ushort Authorities, ushort Additionals)
{
    public const int Size = 12;
    public const ushort ResponseFlag = 0x8000;
    public const ushort TruncatedFlag = 0x0200;
    public const ushort RecursionDesiredFlag = 0x0100;
    public const ushort RecursionAvailableFlag = 0x0080;
    public const ushort OpcodeMask = 0x7800;

    public bool IsResponse => (Flags & ResponseFlag) != 0;

    public int Opcode => (Flags & OpcodeMask) >> 11;

    public DnsResponseCode Code => (DnsResponseCode)(Flags & 0xf);
}
