using System.Net;
using System.Text.Json;
using Skein.Agent.Containers;
using Skein.Agent.Images;
using Skein.Api.Containers;
using Skein.Api.Http;
using Skein.Api.Images;
using Skein.Api.Swarm;
using Skein.Hosting;
using Skein.Model;
using ContainerStatus = Skein.Agent.Containers.ContainerStatus;

namespace Skein.Api.Engine;

/// <summary>What is said of the daemon itself: ping, version, info, events, disk usage.</summary>
internal sealed class EngineRoutes(
    EngineIdentity identity,
    IContainerEngine containers,
    IImageStore images,
    ISwarmNode swarm,
    EventHub events,
    TimeProvider time,
    Func<IReadOnlyList<string>> warnings)
{
    private static readonly string[] s_diskUsageParts = ["container", "image", "volume", "build-cache"];

    private static readonly TimeSpan LongestTimer = TimeSpan.FromMilliseconds(uint.MaxValue - 1);

    public void Map(IEndpointRouteBuilder app)
    {
        app.MapMethods("/_ping", ["GET", "HEAD"], PingAsync);
        app.MapGet("/version", VersionAsync);
        app.MapGet("/info", InfoAsync);
        app.MapGet("/events", EventsAsync);
        app.MapGet("/system/df", DiskUsageAsync);
    }

    private Task PingAsync(HttpContext context)
    {
        var response = context.Response;
        response.Headers.CacheControl = "no-cache, no-store, must-revalidate";
        response.Headers.Pragma = "no-cache";
        response.Headers["Builder-Version"] = "1";
        response.Headers["Swarm"] = SwarmHeader();
        response.ContentType = "text/plain; charset=utf-8";
        if (HttpMethods.IsHead(context.Request.Method))
        {
            response.ContentLength = 0;
            return Task.CompletedTask;
        }
        response.ContentLength = "OK".Length;
        return response.WriteAsync("OK", context.RequestAborted);
    }

    private string SwarmHeader()
    {
        var state = SwarmInfoJson.StateName(swarm.State);
        return swarm.State != LocalNodeState.Active ? state : swarm.Control is null ? $"{state}/worker" : $"{state}/manager";
    }

    private async Task VersionAsync(HttpContext context)
    {
        var details = new Dictionary<string, string>
        {
            ["ApiVersion"] = ApiVersion.Current.ToString(),
            ["Arch"] = HostFacts.GoArchitecture,
            ["BuildTime"] = "",
            ["Experimental"] = "false",
            ["GitCommit"] = identity.Commit,
            ["GoVersion"] = ".NET " + Environment.Version,
            ["KernelVersion"] = HostFacts.KernelVersion,
            ["MinAPIVersion"] = ApiVersion.Minimum.ToString(),
            ["Os"] = "linux",
        };
        var components = new List<VersionJson.Component> { new("Engine", identity.Version, details) };
        if (await containers.RuntimeVersionAsync(context.RequestAborted) is { } containerd)
            components.Add(new("containerd", containerd.Version, new Dictionary<string, string> { ["GitCommit"] = containerd.Revision }));
        var version = new VersionJson(
            new VersionJson.PlatformJson($"Skein {identity.Version}"),
            components,
            identity.Version,
            details["ApiVersion"],
            details["MinAPIVersion"],
            identity.Commit,
            details["GoVersion"],
            "linux",
            details["Arch"],
            details["KernelVersion"],
            "");
        await context.JsonAsync(version, EngineJson.Default.VersionJson);
    }

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

    private async Task EventsAsync(HttpContext context)
    {
        var filters = context.Filters().Accept("type", "event", "container", "image", "network", "service", "node", "label", "scope", "daemon", "volume");
        var since = context.QueryTime("since");
        var until = context.QueryTime("until");
        using var subscription = events.Subscribe();
        context.Response.ContentType = ErrorResponse.ContentType;
        await context.Response.Body.FlushAsync(context.RequestAborted);

        // Docker tells of what was when either end is named.
        if (since is not null || until is not null)
        {
            foreach (var past in subscription.Past.Where(e => (since is null || e.Time >= since) && (until is null || e.Time <= until)))
                await WriteAsync(context, filters, past);
        }
        var left = until is { } limit ? limit - time.GetUtcNow() : Timeout.InfiniteTimeSpan;
        if (until is not null && left <= TimeSpan.Zero) return;
        // No timer runs for longer; nobody listens for as long either.
        using var timeUp = new CancellationTokenSource(left > LongestTimer ? Timeout.InfiniteTimeSpan : left, time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, timeUp.Token);
        await FollowAsync(context, filters, subscription, end.Token);
    }

    private static async Task FollowAsync(HttpContext context, Filters filters, EventHub.Subscription subscription, CancellationToken end)
    {
        try
        {
            await foreach (var next in subscription.Next.ReadAllAsync(end)) await WriteAsync(context, filters, next);
        }
        catch (OperationCanceledException)
        {
            // Until was reached, or the client left.
        }
    }

    private static Task WriteAsync(HttpContext context, Filters filters, EngineEvent happened)
    {
        if (!Wanted(filters, happened)) return Task.CompletedTask;
        var container = happened.Type == "container";
        var legacy = container || happened.Type == "image";
        return context.JsonLineAsync(
            new EventJson
            {
                Status = legacy ? happened.Action : null,
                Id = legacy ? happened.Id : null,
                From = container ? happened.Attributes.GetValueOrDefault("image") : null,
                Type = happened.Type,
                Action = happened.Action,
                Actor = new EventJson.ActorJson(happened.Id, happened.Attributes),
                Scope = happened.Scope,
                Time = happened.Time.ToUnixTimeSeconds(),
                TimeNano = GoTime.UnixNanoseconds(happened.Time),
            },
            EngineJson.Default.EventJson);
    }

    private static bool Wanted(Filters filters, EngineEvent happened)
    {
        var name = happened.Attributes.GetValueOrDefault("name") ?? "";
        return filters.Exact("type", happened.Type)
            && filters.Exact("scope", happened.Scope)
            && filters.Any("event", wanted => happened.Action == wanted || happened.Action.StartsWith(wanted + ":", StringComparison.Ordinal))
            && filters.Labels("label", happened.Attributes)
            && OfImage(filters, happened)
            && OfType("container") && OfType("network") && OfType("service") && OfType("node");

        bool OfType(string type) => !filters.Has(type)
            || (happened.Type == type && filters.Any(type, w => w == name || happened.Id.StartsWith(w, StringComparison.Ordinal)));
    }

    /// <summary>An image's own events, and those of the containers made from it; with or without its tag.</summary>
    private static bool OfImage(Filters filters, EngineEvent happened)
    {
        var name = happened.Attributes.GetValueOrDefault(happened.Type == "image" ? "name" : "image") ?? "";
        return filters.Exact("image", happened.Id, name, ImageReference.TryParse(name, out var reference) ? reference!.FamiliarName : name);
    }

    private async Task DiskUsageAsync(HttpContext context)
    {
        var wanted = DiskUsageParts(context);
        var rows = wanted.Contains("container") || wanted.Contains("image") ? await ContainerSizesAsync(context) : [];
        var all = wanted.Contains("image") ? images.List() : [];
        var sharing = new LayerSharing(all);
        var summaries = all.Select(image => ImageSummaryJson.From(image, context.Version()) with
        {
            Containers = rows.Count(row => row.ImageID == image.Id),
            SharedSize = sharing.SharedBy(image),
        });
        var usage = new DiskUsageJson(
            sharing.Total,
            wanted.Contains("image") ? [.. summaries] : null,
            wanted.Contains("container") ? rows : null,
            wanted.Contains("volume") ? [] : null,
            wanted.Contains("build-cache") ? [] : null);
        await context.JsonAsync(usage, EngineJson.Default.DiskUsageJson);
    }

    /// <summary>What a client asks for by type, which one before 1.42 cannot; else all.</summary>
    private static IReadOnlyCollection<string?> DiskUsageParts(HttpContext context)
    {
        var asked = context.Request.Query["type"];
        if (asked.Count == 0 || context.Version().CompareTo(new(1, 42)) < 0) return s_diskUsageParts;
        var unknown = asked.FirstOrDefault(part => !s_diskUsageParts.Contains(part));
        return unknown is null ? asked : throw SkeinException.Invalid($"unknown object type: {unknown}");
    }

    private async Task<List<ContainerSummaryJson>> ContainerSizesAsync(HttpContext context)
    {
        var rows = new List<ContainerSummaryJson>();
        foreach (var container in containers.List())
        {
            var image = images.UsedBy(container);
            var row = ContainerSummaryJson.From(container, null, image, new(identity.DataRoot), time.GetUtcNow());
            rows.Add(await row.WithSizeAsync(containers, image, context.RequestAborted));
        }
        return rows;
    }
}
