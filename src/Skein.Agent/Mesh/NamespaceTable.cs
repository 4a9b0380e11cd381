using Skein.Linux.Namespaces;
using Skein.Linux.Nftables;

namespace Skein.Agent.Mesh;

/// <summary>
/// Our table in one namespace: replaced when its text changes, and put right when somebody else has changed or removed it. A
/// replacement is one transaction, and the connections it led where they are stay there.
/// </summary>
/// <remarks>
/// What stands is never compared with the text that was applied, which the kernel has in a form of its own. It is compared with
/// what was read back when the table was surely ours, and only after something in the namespace's nftables has changed at all.
/// </remarks>
/// <param name="name">The table's, without its family.</param>
internal sealed class NamespaceTable(NetworkNamespace space, string table = Ruleset.Table, string name = Ruleset.TableName)
{
    /// <summary>What it is called in the log.</summary>
    public string Name => $"table {table}";

    public bool IsProgrammed => _applied.Length > 0;

    private string _applied = "";

    // The namespace's generation when the table was last known to be ours; another one is a reason to look, no more.
    private uint? _generation;

    // The digest of the table as ours reads; null until it was needed.
    private string? _content;

    /// <returns>Whether anything had to be done.</returns>
    /// <exception cref="NftablesException"/>
    public bool Apply(string ruleset)
    {
        if (_applied == ruleset) return false;
        Replace(ruleset);
        return true;
    }

    /// <summary>False when the table that had been applied was gone or another, and was put right.</summary>
    /// <exception cref="NftablesException"/>
    public bool Verify()
    {
        if (_applied.Length == 0) return true;
        var generation = NftablesGeneration.Read(space);
        if (generation == _generation) return true;
        var found = Read();
        if (found is not null && found == _content)
        {
            _generation = generation;
            return true;
        }
        // Something has changed, ours or another's table: what ours should read like is known when it has been applied again.
        Replace(_applied);
        var ours = Read();
        if (NftablesGeneration.Read(space) == _generation) _content = ours;
        return found == ours;
    }

    public void Remove()
    {
        _applied = "";
        NftablesSession.Apply(space, Ruleset.Removal(table));
    }

    private void Replace(string ruleset)
    {
        (_applied, _generation, _content) = ("", null, null);
        var before = NftablesGeneration.Read(space);
        NftablesSession.Apply(space, ruleset);
        // Ours is the next one. If another's came between, or comes after, the next look sees a number that is not this one.
        (_applied, _generation) = (ruleset, NftablesGeneration.After(before));
    }

    private string? Read() => NftablesContent.Digest(space, name, ipv6: table.StartsWith("ip6 ", StringComparison.Ordinal));
}
