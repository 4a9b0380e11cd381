using Skein.Linux.Namespaces;
using Skein.Linux.Nftables;

namespace Skein.Agent.Mesh;

/// <summary>Our table in one namespace: replaced when its text changes, and put back when somebody has removed it.</summary>
internal sealed class NamespaceTable(NetworkNamespace space)
{
    private string _applied = "";

    /// <returns>Whether anything had to be done.</returns>
    /// <exception cref="NftablesException"/>
    public bool Apply(string ruleset)
    {
        if (_applied == ruleset) return false;
        _applied = "";
        NftablesSession.Apply(space, ruleset);
        _applied = ruleset;
        return true;
    }

    /// <summary>False when it had been applied and is gone; the next <see cref="Apply"/> then makes it again.</summary>
    public bool Verify()
    {
        if (_applied.Length == 0 || NftablesSession.Tables(space).Contains(Ruleset.Table)) return true;
        _applied = "";
        return false;
    }

    public void Remove()
    {
        _applied = "";
        NftablesSession.Apply(space, Ruleset.Removal);
    }
}
