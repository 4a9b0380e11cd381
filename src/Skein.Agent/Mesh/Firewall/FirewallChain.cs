namespace Skein.Agent.Mesh.Firewall;

/// <summary>A chain of somebody else's in the host's nftables, or in the tables beside it.</summary>
/// <param name="Family">nftables', or <see cref="LegacyFamily"/>.</param>
/// <param name="Hook">Empty for one that is only jumped to.</param>
/// <param name="Drops">Its policy.</param>
internal sealed record FirewallChain(string Family, string Table, string Name, string Hook, bool Drops, IReadOnlyList<FirewallRule> Rules)
{
    /// <summary>In the place of a family: tables that are not nftables'.</summary>
    public const string LegacyFamily = "iptables-legacy";

    private const string FirewalldPolicy = "firewalld_policy_drop";

    public string Id => IdOf(Family, Table, Name);

    /// <summary>Made by firewalld with its nftables back end.</summary>
    public bool IsFirewalld => Table == "firewalld";

    /// <summary>firewalld's too, while it starts or reloads: all that is new is dropped for a moment, and nobody need do anything.</summary>
    public bool IsFirewalldReload => Table == FirewalldPolicy && Name.StartsWith("filter_", StringComparison.Ordinal);

    /// <summary>firewalld's panic mode, which stays until somebody ends it.</summary>
    public bool IsFirewalldPanic => Table == FirewalldPolicy && !IsFirewalldReload;

    /// <summary>Made by iptables-nft, or by what is called so.</summary>
    public bool IsIptables => this is { Family: "ip", Table: "filter", Name: "INPUT" or "FORWARD" or "OUTPUT" };

    public bool IsLegacy => Family == LegacyFamily;

    /// <summary>ufw has hung its own chains into it, and keeps its rules in files of its own.</summary>
    public bool IsUfw => (IsIptables || IsLegacy) && Rules.Any(rule => RuleVerdict.Target(rule.Expressions).StartsWith("ufw-", StringComparison.Ordinal));

    public static string IdOf(string family, string table, string name) => $"{family} {table} {name}";
}
