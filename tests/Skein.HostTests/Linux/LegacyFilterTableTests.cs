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
        const string names = "/proc/thread-self/net/ip_tables_names";
        Assert.DoesNotContain("filter", _space.Run(() => File.Exists(names) ? File.ReadAllText(names) : ""), StringComparison.Ordinal);
    }

    [Fact]
    public void Rules_are_read_as_they_were_written_and_traffic_changes_nothing()
    {
        LegacyIptables.Require(_space);
        Run("""
            iptables-legacy -P FORWARD DROP
            iptables-legacy -N own
            iptables-legacy -A FORWARD -i eth0 -p tcp --dport 80:90 -j own
            iptables-legacy -A own -j REJECT
            """);
        var table = LegacyFilterTable.Read(_space)!;
        Assert.Equal(
            ["INPUT: ", "FORWARD drops: eth0 own", "OUTPUT: ", "own:  REJECT  RETURN"],
            LegacyTableReader.Read(table).Select(c => $"{c.Name}{(c.Drops ? " drops" : "")}: {string.Join(' ', c.Rules.Select(r => $"{r.In} {r.Target}"))}"));

        Run("ip link set lo up; ping -c 1 -W 2 127.0.0.1");
        Assert.Equal(table, LegacyFilterTable.Read(_space));
        Run("iptables-legacy -P FORWARD ACCEPT");
        Assert.NotEqual(table, LegacyFilterTable.Read(_space));
    }

    private void Run(string script) => _space.Run(() => Commands.Run("sh", "-ec", script));
}
