namespace Skein.Lab;

/// <summary>The lab's LAN: a bridge in a namespace of its own, and a cable from it to each host.</summary>
internal sealed class LabNetwork(LabPaths lab)
{
    public bool LanExists => NamespaceExists(lab.LanNamespace);

    public async Task CreateLanAsync(CancellationToken cancel)
    {
        if (LanExists)
            return;
        var ns = lab.LanNamespace;
        await ExternalCommand.RunAsync($"ip netns add {ns}", cancel);
        await ExternalCommand.RunAsync($"ip -n {ns} link set lo up", cancel);
        // With an address of its own: a bridge otherwise takes its lowest port's, and changes it when that host's cable is cut, so
        // that the registry and the resolver cannot be reached until the others' neighbour entries have run out.
        await ExternalCommand.RunAsync($"ip -n {ns} link add {LabLan.Bridge} address 02:42:c0:a8:38:fe type bridge stp_state 0 mcast_snooping 0", cancel);
        await ExternalCommand.RunAsync($"ip -n {ns} addr add {LabLan.Gateway}/24 dev {LabLan.Bridge}", cancel);
        await ExternalCommand.RunAsync($"ip -n {ns} addr add {LabLan.Registry}/24 dev {LabLan.Bridge}", cancel);
        await ExternalCommand.RunAsync($"ip -n {ns} link set {LabLan.Bridge} up", cancel);

        // A gateway that forwards and knows no way answers "unreachable" at once; one that doesn't lets its clients wait.
        await ExternalCommand.RunAsync("nsenter", [$"--net=/run/netns/{ns}", "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward"], cancel);
    }

    public async Task CreateHostAsync(LabHost host, CancellationToken cancel)
    {
        var ns = host.NetworkNamespace;
        if (NamespaceExists(ns))
            await RemoveHostAsync(host, cancel);
        await ExternalCommand.RunAsync($"ip netns add {ns}", cancel);
        await ExternalCommand.RunAsync(
            $"ip link add eth0 netns {ns} address {host.MacAddress} type veth peer name {host.Name} netns {lab.LanNamespace}", cancel);
        await ExternalCommand.RunAsync($"ip -n {lab.LanNamespace} link set {host.Name} master {LabLan.Bridge} up", cancel);
        await ExternalCommand.RunAsync($"ip -n {ns} link set lo up", cancel);
        await ExternalCommand.RunAsync($"ip -n {ns} addr add {host.Address}/24 dev eth0", cancel);
        await ExternalCommand.RunAsync($"ip -n {ns} link set eth0 up", cancel);
        await ExternalCommand.RunAsync($"ip -n {ns} route add default via {LabLan.Gateway}", cancel);
    }

    /// <summary>Pulls the cable: the peers get no more packets, not even those by which a dying kernel would close connections.</summary>
    public Task CutAsync(LabHost host, CancellationToken cancel) =>
        ExternalCommand.TryAsync($"ip -n {lab.LanNamespace} link set {host.Name} down", cancel);

    /// <summary>Takes the host's port off the switch. Its link stays up, as in a partition behind the next switch.</summary>
    public Task PauseAsync(LabHost host, CancellationToken cancel) =>
        ExternalCommand.RunAsync($"ip -n {lab.LanNamespace} link set {host.Name} nomaster", cancel);

    public Task ResumeAsync(LabHost host, CancellationToken cancel) =>
        ExternalCommand.RunAsync($"ip -n {lab.LanNamespace} link set {host.Name} master {LabLan.Bridge} up", cancel);

    public async Task<bool> IsPausedAsync(LabHost host, CancellationToken cancel)
    {
        var link = await ExternalCommand.RunAsync("ip", ["-n", lab.LanNamespace, "-o", "link", "show", host.Name], cancel);
        return !link.Contains($"master {LabLan.Bridge}", StringComparison.Ordinal);
    }

    /// <summary>Removes the host's network; with one end of the cable the kernel removes the other.</summary>
    public async Task RemoveHostAsync(LabHost host, CancellationToken cancel)
    {
        await ExternalCommand.TryAsync($"ip -n {lab.LanNamespace} link del {host.Name}", cancel);
        if (NamespaceExists(host.NetworkNamespace))
            await ExternalCommand.RunAsync($"ip netns del {host.NetworkNamespace}", cancel);
    }

    public async Task RemoveLanAsync(CancellationToken cancel)
    {
        if (LanExists)
            await ExternalCommand.RunAsync($"ip netns del {lab.LanNamespace}", cancel);
    }

    private static bool NamespaceExists(string name) => File.Exists($"/run/netns/{name}");
}
