namespace Skein.Lab;

/// <summary>Where a lab keeps what. Only the image cache outlives `lab down`; all labs share it.</summary>
internal sealed record LabPaths(LabName Name)
{
    public string Run => $"/run/{Name}";

    public string State => $"/var/lib/{Name}";

    public string Cgroup => Name.ToString();

    public string LanNamespace => Name.ToString();

    public string InitScript => Path.Combine(State, "host-init.sh");

    /// <summary>What runs in the hosts in the place of `skein daemon`, one word a line; there only when `up` was told so.</summary>
    public string DaemonCommand => Path.Combine(State, "daemon");

    public string RegistryConfig => Path.Combine(State, "registry.yml");

    public string ServiceLog(string service) => Path.Combine(State, service + ".log");

    public string ServicePid(string service) => Path.Combine(Run, service + ".pid");

    public static string ImageCache => "/var/cache/skein-lab";

    /// <summary>Hosts that have a disk, in order.</summary>
    public IReadOnlyList<LabHost> Hosts() =>
        !Directory.Exists(State)
            ? []
            : [.. Directory.EnumerateDirectories(State, "h*")
                .Select(d => Path.GetFileName(d)[1..])
                .Where(n => n.All(char.IsAsciiDigit))
                .Select(n => new LabHost(this, int.Parse(n, System.Globalization.CultureInfo.InvariantCulture)))
                .OrderBy(h => h.Number)];
}
