namespace Skein.Agent.Mesh.Firewall;

/// <summary>The line that an administrator types to let something pass, in the words of the program that made the chain.</summary>
internal static class FirewallCounsel
{
    public static string For(FirewallChain chain, PacketNeed need)
    {
        if (chain.IsFirewalld) return $"firewall-cmd --permanent {Firewalld(need)} && firewall-cmd --reload";
        if (chain.IsFirewalldPanic) return "firewall-cmd --panic-off";
        if (chain.IsUfw) return $"ufw {Ufw(need)}";
        if (chain.IsIptables) return $"iptables -I {chain.Name} {Iptables(need)} -j ACCEPT";
        if (chain.IsLegacy) return $"iptables-legacy -I {chain.Name} {Iptables(need)} -j ACCEPT";
        return $"nft insert rule {chain.Id} {Nft(need)} accept";
    }

    private static string Firewalld(PacketNeed need) =>
        need.Port is { } port ? $"--add-port={port.Port}/{port.ProtocolName}" : $"--zone=trusted --add-interface={need.To ?? need.From}";

    private static string Ufw(PacketNeed need) => need switch
    {
        { Port: { } port, Hook: PacketNeed.Output } => $"allow out {port.Port}/{port.ProtocolName}",
        { Port: { } port } => $"allow {port.Port}/{port.ProtocolName}",
        { To: { } bridge } => $"route allow out on {bridge}",
        _ => $"route allow in on {need.From}",
    };

    private static string Iptables(PacketNeed need) =>
        need.Port is { } port ? $"-p {port.ProtocolName} --dport {port.Port}" : need.To is not null ? $"-o {need.To}" : $"-i {need.From}";

    private static string Nft(PacketNeed need) =>
        need.Port is { } port ? $"{port.ProtocolName} dport {port.Port}" : need.To is not null ? $"oifname \"{need.To}\"" : $"iifname \"{need.From}\"";
}
