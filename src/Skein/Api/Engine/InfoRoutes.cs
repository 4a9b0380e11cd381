using System.Net;
using Skein.Agent.Containers;
using Skein.Agent.Images;
using Skein.Api.Http;
using Skein.Api.Swarm;
using Skein.NodeLife;
using ContainerStatus = Skein.Agent.Containers.ContainerStatus;

namespace Skein.Api.Engine;

/// <summary>What `docker info` shows of this host, and what it warns of.</summary>
internal sealed class InfoRoutes(
    EngineIdentity identity,
    IContainerEngine containers,
    IImageStore images,
    ISwarmNode swarm,
    EventHub events,
    TimeProvider time,
    Func<IReadOnlyList<string>> warnings)
{
    public void Map(IEndpointRouteBuilder app) => app.MapGet("/info", InfoAsync);

    private async Task InfoAsync(HttpContext context)
    {
        var all = containers.List();
        var running = all.Count(c => c.State.Status == ContainerStatus.Running);
        var paused = all.Count(c => c.State.Status == ContainerStatus.Paused);
        var info = new InfoJson
        {
            ID = identity.Id,
            Containers = all.Count,
            ContainersRunning = running,
            ContainersPaused = paused,
            ContainersStopped = all.Count - running - paused,
            Images = images.List().Count,
            IPv4Forwarding = HostFacts.IPv4Forwarding,
            BridgeNfIptables = HostFacts.BridgeNf("iptables"),
            BridgeNfIp6tables = HostFacts.BridgeNf("ip6tables"),
            NFd = Directory.GetFileSystemEntries("/proc/self/fd").Length,
            SystemTime = GoTime.Format(time.GetUtcNow()),
            LoggingDriver = identity.LogDriver,
            CgroupDriver = "cgroupfs",
            SwapLimit = containers.Cgroups.LimitsSwap,
            CgroupVersion = containers.Cgroups.Unified ? "2" : "1",
            SecurityOptions = SecurityOptions(containers.UsesAppArmor, containers.Cgroups.Unified),
            Debug = identity.Debug,
            Warnings = [.. OpenPortWarnings(identity.Hosts), .. warnings().Select(warning => $"WARNING: {warning}")],
            NEventsListener = events.Listeners,
            KernelVersion = HostFacts.KernelVersion,
            OperatingSystem = HostFacts.OperatingSystem,
            OSVersion = HostFacts.OsVersion,
            Architecture = HostFacts.MachineArchitecture,
            NCPU = Environment.ProcessorCount,
            MemTotal = HostFacts.MemoryTotal,
            RegistryConfig = RegistryConfig(),
            DockerRootDir = identity.DataRoot,
            Name = identity.Name,
            Labels = identity.Labels,
            ServerVersion = identity.Version,
            ContainerdCommit = new((await containers.RuntimeVersionAsync(context.RequestAborted))?.Version ?? ""),
            Swarm = SwarmInfoJson.From(swarm),
        };
        await context.JsonAsync(info, EngineJson.Default.InfoJson);
    }

    /// <summary>What every container is under, in Docker's order.</summary>
    internal static string[] SecurityOptions(bool appArmor, bool unifiedCgroups) =>
        [.. appArmor ? ["name=apparmor"] : Array.Empty<string>(), "name=seccomp,profile=builtin", .. unifiedCgroups ? ["name=cgroupns"] : Array.Empty<string>()];

    /// <summary>In Docker's words: whoever reaches such a port is root here.</summary>
    internal static IEnumerable<string> OpenPortWarnings(IEnumerable<string> hosts) =>
        hosts.Where(host => host.StartsWith("tcp://", StringComparison.Ordinal)).Select(host =>
            $"WARNING: API is accessible on http://{host["tcp://".Length..]} without encryption.\n"
            + "         Access to the remote API is equivalent to root access on the host. Refer\n"
            + "         to the 'Docker daemon attack surface' section in the documentation for\n"
            + "         more information: https://docs.docker.com/go/attack-surface/");

    private InfoJson.RegistryConfigJson RegistryConfig()
    {
        // As Docker keeps them: an address with its slash, networks apart from names.
        string[] mirrors = [.. identity.RegistryMirrors.Select(mirror => mirror.TrimEnd('/') + "/")];
        var networks = identity.InsecureRegistries.Where(entry => IPNetwork.TryParse(entry, out _)).ToList();
        var indexes = new Dictionary<string, InfoJson.IndexConfigJson>
        {
            ["docker.io"] = new("docker.io", mirrors, Secure: true, Official: true),
        };
        foreach (var host in identity.InsecureRegistries.Except(networks)) indexes[host] = new(host, [], Secure: false, Official: false);
        return new InfoJson.RegistryConfigJson([.. networks, "127.0.0.0/8"], indexes, mirrors);
    }
}
