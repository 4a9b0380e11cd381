using System.Globalization;
using System.IO.Compression;
using Skein.Linux.Iptables;
using Xunit;

namespace Skein.Tests.Linux;

/// <summary>iptables-legacy's table in the kernel's form (x86-64), as it was read when that program had been told so.</summary>
public class LegacyTableReaderTests
{
    // iptables-legacy -P FORWARD DROP
    // iptables-legacy -N own
    // iptables-legacy -A INPUT -i lo -j ACCEPT
    // iptables-legacy -A INPUT -p icmp
    // iptables-legacy -A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT
    // iptables-legacy -A FORWARD -i docker0 ! -o docker0 -p tcp --dport 80:90 -j own
    // iptables-legacy -A FORWARD -i eth+ -g own
    // iptables-legacy -A FORWARD -p tcp --syn -j RETURN
    // iptables-legacy -A FORWARD ! -p udp -j DROP
    // iptables-legacy -A own -s 10.0.0.0/8 -j REJECT
    private const string Zipped =
        "H4sIAAAAAAACA0vLzClJLWLACfiA+D8QgNgnGBkYGtggfBAwAPJfsCLEQGpXcGKakZPPgBdAjScIChhmMDBhEdcgoO8fsRaQCBgpdJcBIwNNwWALLxiwYExgZMEifoIhOT" +
        "8vr6QoMTkbmzZmhkEHQBHIRLXwTclPzk4tMsDJh+U7XHw2qGMWAEMSW/gaMJQkFxDIiQEMUUT74wQ7dvHUkgxtyvI7Ezz9spCRfnG5i1LABqUpCV8wFmciyh+/aZQPBRkY" +
        "HCgJ3/80Lh8Gs7s4BmF5WsCwAau4A4NrUJB/EE59+eV5eM3lgoUr3eI3yNXL1TkElz5aVwDkprvfgzR+8csyMAAAQjkLiPwJAAA=";

    [Fact]
    public void Each_rule_is_read_as_it_was_written() =>
        Assert.Equal(
            """
            INPUT accepts
              in lo -> ACCEPT
              protocol 1
            FORWARD drops
              conntrack -> ACCEPT
              in docker0, out not docker0, protocol 6, tcp 80-90 => own
              in eth+ =>> own
              protocol 6, tcp -> RETURN
              protocol not 17 -> DROP
            OUTPUT accepts
            own
              by address -> REJECT
              -> RETURN
            """,
            string.Join('\n', LegacyTableReader.Read(Table()).SelectMany(Written)));

    [Fact]
    public void A_table_that_is_cut_off_or_garbled_is_refused_and_never_read_past_its_end()
    {
        var table = Table();
        for (var length = 0; length < table.Length; length++) Attempt(table[..length]);
        for (var at = 0; at < table.Length; at++)
        {
            foreach (var value in new byte[] { 0, 1, 0x7f, 0xff })
            {
                byte[] garbled = [.. table];
                garbled[at] = value;
                Attempt(garbled);
            }
        }
        Assert.Throws<InvalidDataException>(() => LegacyTableReader.Read(table[..40]));
    }

    /// <summary>Any other exception than the one is the test's end.</summary>
    private static void Attempt(byte[] table)
    {
        try
        {
            LegacyTableReader.Read(table);
        }
        catch (InvalidDataException)
        {
            return;
        }
    }

    private static byte[] Table()
    {
        using var unzipped = new MemoryStream();
        using (var zipped = new GZipStream(new MemoryStream(Convert.FromBase64String(Zipped)), CompressionMode.Decompress)) zipped.CopyTo(unzipped);
        return unzipped.ToArray();
    }

    private static IEnumerable<string> Written(LegacyChain chain) =>
        [chain.Name + (chain.IsBase ? chain.Drops ? " drops" : " accepts" : ""), .. chain.Rules.Select(rule => "  " + Written(rule))];

    private static string Written(LegacyRule rule)
    {
        List<string> conditions = [];
        if (rule.In.Length > 0) conditions.Add($"in {Not(rule.NotIn)}{rule.In}");
        if (rule.Out.Length > 0) conditions.Add($"out {Not(rule.NotOut)}{rule.Out}");
        if (rule.Protocol > 0) conditions.Add($"protocol {Not(rule.NotProtocol)}{rule.Protocol.ToString(CultureInfo.InvariantCulture)}");
        if (rule.ByAddress) conditions.Add("by address");
        conditions.AddRange(rule.Matches.Select(match => match.Name + (match.Ports is { } ports ? $" {ports.First}-{ports.Last}" : "")));
        var arrow = rule.Goes ? "=>> " : rule.Jumps ? "=> " : "-> ";
        return (string.Join(", ", conditions) + (rule.Target.Length > 0 ? $" {arrow}{rule.Target}" : "")).Trim();
    }

    private static string Not(bool not) => not ? "not " : "";
}
