using Skein.Linux.Namespaces;
using Skein.Linux.Nftables;
using Xunit;

namespace Skein.HostTests.Linux;

public sealed class NftablesSessionTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("skein-nft-").FullName;
    private readonly NetworkNamespace _space;

    public NftablesSessionTests() => _space = NetworkNamespace.Create(Path.Combine(_folder, "a"));

    [Fact]
    public void A_table_stands_in_the_namespace_and_not_in_the_callers()
    {
        var name = $"skeintest{Environment.ProcessId}";
        NftablesSession.Apply(_space, $"table ip {name} {{ map m {{ type ipv4_addr : ipv4_addr; elements = {{ 10.0.0.1 : 10.0.0.2 }} }}; }}");
        Assert.Equal([$"ip {name}"], NftablesSession.Tables(_space));
        using var host = NetworkNamespace.OpenHost();
        Assert.DoesNotContain($"ip {name}", NftablesSession.Tables(host));
    }

    [Fact]
    public void One_bad_command_undoes_the_whole_transaction_and_says_why()
    {
        var error = Assert.Throws<NftablesException>(() =>
            NftablesSession.Apply(_space, "add table ip good\nadd rule ip nowhere here accept\n"));
        Assert.Contains("No such file or directory", error.Message, StringComparison.Ordinal);
        Assert.Empty(NftablesSession.Tables(_space));
    }

    [Fact]
    public void Calls_from_many_threads_do_not_disturb_each_other()
    {
        Parallel.For(0, 40, i => NftablesSession.Apply(_space, $"add table ip t{i}"));
        Assert.Equal(40, NftablesSession.Tables(_space).Count);
    }

    /// <summary>libnftables waits with select(2): by a socket of number 1024 or more it would end this process.</summary>
    [Fact]
    public void A_process_may_have_more_files_open_than_select_has_bits()
    {
        NftablesSession.Apply(_space, "add table ip before");
        var open = Enumerable.Range(0, 1200).Select(_ => File.OpenHandle("/dev/null", FileMode.Open, FileAccess.Read, FileShare.ReadWrite)).ToList();
        try
        {
            Parallel.For(0, 20, i => NftablesSession.Apply(_space, $"add table ip t{i}"));
            Assert.Equal(21, NftablesSession.Tables(_space).Count);
        }
        finally
        {
            foreach (var one in open) one.Dispose();
        }
    }

    [Fact]
    public void Rules_are_told_whole_without_what_the_sets_beside_them_hold()
    {
        NftablesSession.Apply(_space, """
            table inet t {
              set banned { type ipv4_addr; elements = { 192.0.2.1, 192.0.2.2 }; }
              map names { type inet_service : verdict; elements = { 53 : accept }; }
              chain c { ip saddr @banned tcp dport { 22, 80 } drop; tcp dport vmap @names; ct state vmap { invalid : drop, new : accept }; }
            }
            """);
        using var all = NftablesSession.Rules(_space);
        var text = all.RootElement.GetRawText();
        foreach (var told in (string[])["\"@banned\"", "{\"set\": [22, 80]}", "\"@names\"", "[\"new\", {\"accept\": null}]"]) Assert.Contains(told, text, StringComparison.Ordinal);
        foreach (var untold in (string[])["192.0.2", "\"elem\""]) Assert.DoesNotContain(untold, text, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _space.Dispose();
        NamespacePins.DeleteAll(_folder);
    }
}
