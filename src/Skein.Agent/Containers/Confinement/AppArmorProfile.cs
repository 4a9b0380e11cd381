using System.Text;

namespace Skein.Agent.Containers.Confinement;

/// <summary>
/// What a container may do where the kernel has AppArmor, in the language of apparmor_parser: as much as under the profile that dockerd
/// loads by this name. It backs up what else closes these doors, for a container that has been given capabilities.
/// </summary>
internal static class AppArmorProfile
{
    public const string Name = "docker-default";

    /// <param name="abi">What "network" means changed with the language's version 4: unix sockets are no part of it there.</param>
    /// <param name="tunables">The host has /etc/apparmor.d/tunables/global, which says where proc is mounted.</param>
    /// <param name="daemon">The profile that this process itself is under; empty = none.</param>
    public static string Text(bool abi, bool tunables, string daemon)
    {
        var text = new StringBuilder();
        if (abi) text.Append("abi <abi/3.0>,\n");
        text.Append(tunables ? "#include <tunables/global>\n" : "@{PROC}=/proc/\n");
        text.Append($"profile {Name} flags=(attach_disconnected,mediate_deleted) {{\n");
        // All but what follows.
        text.Append("  network,\n  capability,\n  file,\n  umount,\n  deny network alg,\n");
        // Who may end it: whoever is unconfined, the runtimes where Debian 13 confines them, this daemon, and it itself.
        foreach (var peer in Peers(daemon)) text.Append($"  signal (receive) peer={peer},\n");
        text.Append($"  signal (send,receive) peer={Name},\n  ptrace (trace,read,tracedby,readby) peer={Name},\n");
        text.Append("  deny mount,\n");
        foreach (var denied in Denied) text.Append("  deny ").Append(denied).Append(",\n");
        return text.Append("}\n").ToString();
    }

    // The kernel's switches. Of /proc only what belongs to processes, /proc/sys/kernel/shm*, and what is network's; of /sys only cgroups.
    private static readonly string[] Denied =
    [
        "@{PROC}/* w",
        "@{PROC}/{[^1-9/],[^1-9/][^0-9/],[^1-9s/][^0-9y/][^0-9s/],[^1-9/][^0-9/][^0-9/][^0-9/]*}/** w",
        "@{PROC}/sys/[^k]** w",
        "@{PROC}/sys/kernel/{?,??,[^s][^h][^m]**} w",
        "@{PROC}/sysrq-trigger rwklx",
        "@{PROC}/kcore rwklx",
        "/sys/[^f]*/** wklx",
        "/sys/f[^s]*/** wklx",
        "/sys/fs/[^c]*/** wklx",
        "/sys/fs/c[^g]*/** wklx",
        "/sys/fs/cg[^r]*/** wklx",
        "/sys/firmware/** rwklx",
        "/sys/devices/virtual/powercap/** rwklx",
        "/sys/kernel/security/** rwklx",
    ];

    private static IEnumerable<string> Peers(string daemon) =>
        daemon is "" or "unconfined" ? ["unconfined", "runc", "crun"] : ["unconfined", "runc", "crun", $"\"{daemon}\""];
}
