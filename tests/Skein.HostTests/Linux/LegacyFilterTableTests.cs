using System.Globalization;
using Skein.Linux.Iptables;
using Skein.Linux.Namespaces;
using Xunit;

namespace Skein.HostTests.Linux;

/// <summary>The kernel's form of iptables-legacy's table, beside what that program was told.</summary>
public sealed class LegacyFilterTableTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("skein-leg-").FullName;
    private readonly NetworkNamespace _space;

    public LegacyFilterTableTests() => _space = NetworkNamespace.Create(Path.Combine(_folder, "a"));

    public void Dispose()
    {
        _space.Dispose();
        NetworkNamespace.Delete(Path.Combine(_folder, "a"));
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void A_table_that_nobody_has_used_is_not_made_by_the_question()
    {
        Assert.Null(LegacyFilterTable.Read(_space));
        Assert.DoesNotContain("filter", _space.Run(() => File.ReadAllText("/proc/thread-self/net/ip_tables_names")), StringComparison.Ordinal);
    }

    [Fact]
    public void Each_rule_is_read_as_it_was_written_and_traffic_changes_nothing()
    {
        Run("""
            iptables-legacy -P FORWARD DROP
            iptables-legacy -N own
            iptables-legacy -A INPUT -i lo -j ACCEPT
            iptables-legacy -A INPUT -p icmp
            iptables-legacy -A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT
            iptables-legacy -A FORWARD -i docker0 ! -o docker0 -p tcp --dport 80:90 -j own
            iptables-legacy -A FORWARD -i eth+ -g own
            iptables-legacy -A FORWARD -p tcp --syn -j RETURN
            iptables-legacy -A FORWARD ! -p udp -j DROP
            iptables-legacy -A own -s 10.0.0.0/8 -j REJECT
            """);
        var table = LegacyFilterTable.Read(_space)!;
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
            string.Join('\n', LegacyTableReader.Read(table).SelectMany(Written)));

        Run("ip link set lo up; ping -c 1 -W 2 127.0.0.1");
        Assert.Equal(table, LegacyFilterTable.Read(_space));
        Run("iptables-legacy -P FORWARD ACCEPT");
        Assert.NotEqual(table, LegacyFilterTable.Read(_space));
    }

    [Fact]
    public void A_table_that_is_cut_off_or_garbled_is_refused_and_never_read_past_its_end()
    {
        Run("iptables-legacy -N own; iptables-legacy -A FORWARD -p tcp --dport 80 -j own");
        var table = LegacyFilterTable.Read(_space)!;
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

    private void Run(string script) => _space.Run(() => Commands.Run("sh", "-ec", script));
}
