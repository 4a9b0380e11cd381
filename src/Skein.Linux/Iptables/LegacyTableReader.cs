using System.Runtime.InteropServices;
using System.Text;

namespace Skein.Linux.Iptables;

/// <summary>
/// Takes iptables-legacy's form apart. The kernel's entries lie one behind the other; where a chain begins is said for the hooks in
/// the table's head, and for the others by an entry whose target is called ERROR and bears the chain's name.
/// </summary>
public sealed class LegacyTableReader
{
    // include/uapi/linux/netfilter_ipv4/ip_tables.h and netfilter/x_tables.h
    private const int HookEntries = 36, Underflows = 56, Head = 84;
    private const int EntryHead = 112, TargetAt = 88, NextAt = 90, CountersAt = 96;
    private const int InAt = 16, OutAt = 32, InMaskAt = 48, OutMaskAt = 64, NameBytes = 16, ProtocolAt = 80, FlagsAt = 82, InversionsAt = 83;
    private const int ExtensionHead = 32, ExtensionNameAt = 2, ExtensionNameBytes = 29, HeadingBytes = 30;
    private const int DestinationPortsAt = 4, TcpFlagsAt = 9, TcpInversionsAt = 11, UdpInversionsAt = 8;
    private const int NotIn = 1, NotOut = 2, NotProtocol = 0x40, Goes = 2;
    private const int Drop = -1, Accept = -2, Return = -5;
    private const string Heading = "ERROR";

    private static readonly (string Name, int Hook)[] Bases = [("INPUT", 1), ("FORWARD", 2), ("OUTPUT", 3)];

    private readonly byte[] _table;
    private readonly List<int> _entries = [];
    private readonly Dictionary<int, string> _chains = [];

    private LegacyTableReader(byte[] table)
    {
        _table = table;
        for (var at = Head; at < table.Length; at += UInt16(at + NextAt))
        {
            var (target, next) = (UInt16(at + TargetAt), UInt16(at + NextAt));
            if (target < EntryHead || next < target + ExtensionHead || next > table.Length - at) throw new InvalidDataException($"an entry of {next} bytes with its target at {target}");
            _entries.Add(at);
        }
        foreach (var (name, hook) in Bases) _chains[FirstOf(hook)] = name;
        // The last one heads no chain: it is the table's end.
        foreach (var at in _entries.Where(IsHeading).SkipLast(1)) _chains[at + UInt16(at + NextAt)] = Text(at + UInt16(at + TargetAt) + ExtensionHead, HeadingBytes);
    }

    /// <param name="table">As <see cref="LegacyFilterTable.Read"/> gives it.</param>
    /// <exception cref="InvalidDataException">It is not of the form that the kernel's headers say.</exception>
    public static IReadOnlyList<LegacyChain> Read(byte[] table)
    {
        var reader = new LegacyTableReader(table);
        return [.. reader._chains.OrderBy(chain => chain.Key).Select(chain => reader.Chain(chain.Key, chain.Value))];
    }

    /// <summary>They change with every packet, and the rules do not.</summary>
    /// <exception cref="InvalidDataException"/>
    public static void ClearCounters(byte[] table)
    {
        foreach (var at in new LegacyTableReader(table)._entries) table.AsSpan((at + CountersAt)..(at + EntryHead)).Clear();
    }

    private LegacyChain Chain(int first, string name)
    {
        var of = Array.FindIndex(Bases, one => FirstOf(one.Hook) == first);
        // Of a chain of the hooks the last entry is its policy.
        var policy = of < 0 ? -1 : Head + Int32(Underflows + (4 * Bases[of].Hook));
        var rules = _entries.Where(at => at >= first).TakeWhile(at => at != policy && !IsHeading(at)).Select(Rule);
        return new LegacyChain(name, of >= 0, of >= 0 && Verdict(policy) == Drop, [.. rules]);
    }

    private LegacyRule Rule(int at)
    {
        var (flags, inversions) = (Byte(at + FlagsAt), Byte(at + InversionsAt));
        var protocol = UInt16(at + ProtocolAt);
        var addressed = _table.AsSpan(at, InAt).ContainsAnyExcept((byte)0);
        var (target, jumps) = TargetOf(at);
        return new LegacyRule(
            Interface(at + InAt, at + InMaskAt), (inversions & NotIn) != 0,
            Interface(at + OutAt, at + OutMaskAt), (inversions & NotOut) != 0,
            protocol, (inversions & NotProtocol) != 0,
            addressed || (flags & ~Goes) != 0,
            Matches(at), target, jumps, jumps && (flags & Goes) != 0);
    }

    private (string Target, bool Jumps) TargetOf(int at)
    {
        var name = ExtensionName(at + UInt16(at + TargetAt));
        if (name.Length > 0) return (name, false);
        var verdict = Verdict(at);
        return verdict switch
        {
            Accept => ("ACCEPT", false),
            Drop => ("DROP", false),
            Return => ("RETURN", false),
            // To the next entry: the rule has no target.
            _ when Head + verdict == at + UInt16(at + NextAt) => ("", false),
            _ => _chains.TryGetValue(Head + verdict, out var chain) ? (chain, true) : throw new InvalidDataException($"a jump to {verdict}, where no chain begins"),
        };
    }

    private List<LegacyMatch> Matches(int at)
    {
        var matches = new List<LegacyMatch>();
        var end = at + UInt16(at + TargetAt);
        for (var match = at + EntryHead; match < end; match += UInt16(match))
        {
            if (UInt16(match) < ExtensionHead || UInt16(match) > end - match) throw new InvalidDataException($"a match of {UInt16(match)} bytes");
            var name = ExtensionName(match);
            matches.Add(new LegacyMatch(name, Ports(name, match + ExtensionHead)));
        }
        return matches;
    }

    /// <summary>Of tcp's and udp's match, when it asks for nothing but a destination's ports.</summary>
    private (int First, int Last)? Ports(string name, int data)
    {
        if (name is not ("tcp" or "udp")) return null;
        var anySource = UInt16(data) == 0 && UInt16(data + 2) == ushort.MaxValue;
        var plain = name == "tcp" ? Byte(data + TcpFlagsAt) == 0 && Byte(data + TcpFlagsAt - 1) == 0 && Byte(data + TcpInversionsAt) == 0 : Byte(data + UdpInversionsAt) == 0;
        return anySource && plain ? (UInt16(data + DestinationPortsAt), UInt16(data + DestinationPortsAt + 2)) : null;
    }

    /// <summary>Of a name as much counts as its mask covers: all with the zero behind it, or a beginning.</summary>
    private string Interface(int nameAt, int maskAt)
    {
        var name = Text(nameAt, NameBytes);
        var covered = Bytes(maskAt, NameBytes).IndexOf((byte)0);
        if (covered == 0) return "";
        return covered < 0 || covered > name.Length ? name : name[..covered] + "+";
    }

    private int FirstOf(int hook) => Head + Int32(HookEntries + (4 * hook));

    private bool IsHeading(int at) => ExtensionName(at + UInt16(at + TargetAt)) == Heading;

    private int Verdict(int at) => Int32(at + UInt16(at + TargetAt) + ExtensionHead);

    private string ExtensionName(int at) => Text(at + ExtensionNameAt, ExtensionNameBytes);

    private string Text(int at, int length)
    {
        var bytes = Bytes(at, length);
        var end = bytes.IndexOf((byte)0);
        return Encoding.ASCII.GetString(end < 0 ? bytes : bytes[..end]);
    }

    private byte Byte(int at) => Bytes(at, 1)[0];

    private ushort UInt16(int at) => MemoryMarshal.Read<ushort>(Bytes(at, 2));

    private int Int32(int at) => MemoryMarshal.Read<int>(Bytes(at, 4));

    private ReadOnlySpan<byte> Bytes(int at, int length) => at >= 0 && at <= _table.Length - length
        ? _table.AsSpan(at, length)
        : throw new InvalidDataException($"{length} bytes at {at} of a table of {_table.Length}");
}
