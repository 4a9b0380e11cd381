using System.Text;
using Skein.Linux.Namespaces;
using Skein.Model;

namespace Skein.Agent.Mesh;

/// <summary>
/// Whose doing it is that this host passes packets on. Containers need it, and a host that was no router before must not become
/// everybody's by it; one that was keeps what it passes on for others. A daemon that comes back finds it switched on in either
/// case, so that it is written down, before it is done: for this boot and this namespace, as the switch itself lives.
/// </summary>
/// <param name="memory">Path of a file that is there when it was us.</param>
/// <param name="forward">Which switch it is.</param>
internal sealed class HostForwarding(NetworkNamespace host, string memory, string forward = HostForwarding.SwitchIPv4)
{
    public const string SwitchIPv4 = "net/ipv4/ip_forward", SwitchIPv6 = "net/ipv6/conf/all/forwarding";

    private bool? _byUs;

    /// <summary>False until it is known.</summary>
    public bool ByUs => _byUs == true;

    /// <summary>To be called before forwarding is switched on.</summary>
    public void Claim()
    {
        if (_byUs is not null) return;
        var byUs = Remembered();
        if (!byUs && Sysctl.Get(host, forward) == "0")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(memory)!);
            WholeFile.Write(memory, Encoding.ASCII.GetBytes(Here()), UnixFileMode.UserRead | UnixFileMode.UserWrite, durable: false);
            byUs = true;
        }
        _byUs = byUs;
    }

    /// <summary>This host leaves the swarm: without our rules it would pass on everything.</summary>
    public void GiveBack()
    {
        if (Remembered()) Sysctl.Set(host, (forward, "0"));
        if (File.Exists(memory)) File.Delete(memory);
        _byUs = null;
    }

    private bool Remembered() => File.Exists(memory) && File.ReadAllText(memory) == Here();

    private string Here() => $"{File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim()} {host.Inode}";
}
