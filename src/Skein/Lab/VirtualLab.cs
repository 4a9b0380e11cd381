using Skein.Lab.Images;
using Skein.Model;

namespace Skein.Lab;

/// <summary>A whole lab: its LAN with resolver and registry, and its hosts. Every verb may be repeated.</summary>
internal sealed class VirtualLab(LabPaths lab, TimeProvider time, ILabProgress progress)
{
    private readonly LabNetwork _network = new(lab);
    private readonly LabServices _services = new(lab, time);

    public LabPaths Paths => lab;

    public LabHostControl Hosts { get; } = new(lab, new LabNetwork(lab), time);

    /// <param name="daemon">What the hosts run in the place of `skein daemon`; null leaves it at what it is.</param>
    public async Task UpAsync(int hosts, string? daemon, CancellationToken cancel)
    {
        Directory.CreateDirectory(lab.Run);
        Directory.CreateDirectory(lab.State);
        using var alone = OneAtATime();

        await new LabImages(progress, time).EnsureAsync(rebuild: false, cancel);
        progress.Doing("LAN, resolver and registry");
        File.WriteAllText(lab.InitScript, LabResources.ReadText("host-init.sh"));
        if (daemon is not null)
            File.WriteAllLines(lab.DaemonCommand, daemon.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        await _network.CreateLanAsync(cancel);
        await _services.StartAsync(cancel);
        progress.Done($"LAN {LabLan.Prefix}.0/24 with a resolver at {LabLan.Gateway} and a registry at {LabLan.Registry}:{LabLan.RegistryPort}");

        await Task.WhenAll(Enumerable.Range(1, hosts).Select(n => StartAsync(new LabHost(lab, n), cancel)));
    }

    public async Task StartAsync(LabHost host, CancellationToken cancel)
    {
        if (!_network.LanExists)
            throw SkeinException.Conflict("the lab is not up: skein lab up");
        var start = time.GetTimestamp();
        progress.Doing($"{host.Name} boots");
        await Hosts.StartAsync(host, cancel);
        progress.Done($"{host.Name} {host.Address} answers on {host.DockerSocket} ({time.GetElapsedTime(start).TotalSeconds:0.0} s)");
    }

    public async Task DownAsync(CancellationToken cancel)
    {
        progress.Doing("switching the hosts off");
        await Task.WhenAll(lab.Hosts().Select(h => Hosts.KillAsync(h, cancel)));
        await _services.StopAsync(cancel);
        await _network.RemoveLanAsync(cancel);
        await LabCgroups.RemoveAsync(lab, host: null, time, cancel);
        Folders.Remove(lab.State);
        Folders.Remove(lab.Run);
        progress.Done($"{lab.Name} is gone");
    }

    public async Task PauseAsync(LabHost host, CancellationToken cancel)
    {
        RequireRunning(host);
        await _network.PauseAsync(host, cancel);
        progress.Done($"{host.Name} is cut off the LAN");
    }

    public async Task ResumeAsync(LabHost host, CancellationToken cancel)
    {
        RequireRunning(host);
        await _network.ResumeAsync(host, cancel);
        progress.Done($"{host.Name} is on the LAN again");
    }

    public async Task KillAsync(LabHost host, CancellationToken cancel)
    {
        RequireRunning(host);
        await Hosts.KillAsync(host, cancel);
        progress.Done($"{host.Name} lost its power");
    }

    public async Task<string> StateOfAsync(LabHost host, CancellationToken cancel) =>
        !LabHostControl.IsRunning(host) ? "off"
        : await _network.IsPausedAsync(host, cancel) ? "paused"
        : "running";

    /// <summary>The command that runs the given one in the host of that name, or on the LAN.</summary>
    public IReadOnlyList<string> Inside(string host, IEnumerable<string> command)
    {
        if (!_network.LanExists)
            throw SkeinException.Conflict("the lab is not up: skein lab up");
        return host == LabLan.ClientName ? _services.InLan(command) : LabHostControl.Inside(LabHost.Parse(lab, host), command);
    }

    private static void RequireRunning(LabHost host)
    {
        if (!LabHostControl.IsRunning(host))
            throw SkeinException.Conflict($"{host.Name} is not running");
    }

    private FileStream OneAtATime()
    {
        try
        {
            return new FileStream(Path.Combine(lab.Run, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e)
        {
            throw new SkeinException(ErrorKind.Conflict, $"another `skein lab up` works on {lab.Name}", e);
        }
    }
}
