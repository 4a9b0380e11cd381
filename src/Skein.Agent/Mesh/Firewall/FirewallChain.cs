namespace Skein.Agent.Mesh.Firewall;

/// <summary>A chain of somebody else's in the host's nftables.</summary>
/// <param name="Hook">Empty for one that is only jumped to.</param>
/// <param name="Drops">Its policy.</param>
internal sealed record FirewallChain(string Family, string Table, string Name, string Hook, bool Drops, IReadOnlyList<FirewallRule> Rules)
{
    public string Id => IdOf(Family, Table, Name);

    /// <summary>Made by firewalld with its nftables back end.</summary>
    public bool IsFirewalld => Table == "firewalld";

    /// <summary>Made by iptables-nft, or by what is called so.</summary>
    public bool IsIptables => this is { Family: "ip", Table: "filter", Name: "INPUT" or "FORWARD" };

    public static string IdOf(string family, string table, string name) => $"{family} {table} {name}";
}
