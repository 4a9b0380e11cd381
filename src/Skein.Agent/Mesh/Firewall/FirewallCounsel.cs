namespace Skein.Agent.Mesh.Firewall;

/// <summary>The line that an administrator types to let something pass, in the words of the program that made the chain.</summary>
internal static class FirewallCounsel
{
    public static string For(FirewallChain chain, PacketNeed need)
    {
        if (chain.IsFirewalld) return $"firewall-cmd --permanent {Firewalld(need)} && firewall-cmd --reload";
        if (chain.IsIptables) return $"iptables -I {chain.Name} {Iptables(need)} -j ACCEPT";
        return $"nft insert rule {chain.Id} {Nft(need)} accept";
    }

    private static string Firewalld(PacketNeed need) =>
        need.Port is { } port ? $"--add-port={port.Port}/{port.ProtocolName}" : $"--zone=trusted --add-interface={HostRuleset.Bridge}";

    private static string Iptables(PacketNeed need) =>
        need.Port is { } port ? $"-p {port.ProtocolName} --dport {port.Port}" : need.To is not null ? $"-o {need.To}" : $"-i {need.From}";

    private static string Nft(PacketNeed need) =>
        need.Port is { } port ? $"{port.ProtocolName} dport {port.Port}" : need.To is not null ? $"oifname \"{need.To}\"" : $"iifname \"{need.From}\"";
}
