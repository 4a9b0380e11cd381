using System.Net;
using System.Reflection;
using System.Runtime.InteropServices;
using Grpc.Core;
using Skein.Agent.Bridges;
using Skein.Agent.Containerd;
using Skein.Agent.Containers;
using Skein.Agent.Containers.Storage;
using Skein.Agent.Containers.Volumes;
using Skein.Agent.Images;
using Skein.Agent.Mesh;
using Skein.Agent.Networks;
using Skein.Agent.Peers;
using Skein.Agent.Session;
using Skein.Agent.Standalone;
using Skein.Agent.Tasks;
using Skein.Api;
using Skein.Linux.Memory;
using Skein.Managing;
using Skein.Model;
using Skein.NodeLife;

namespace Skein.Hosting;

/// <summary>
/// The daemon: every part is made and wired here, and nowhere else. It is started in the order in which one part needs
/// another, stopped in the reverse one, and a stop leaves every container and every packet alone.
/// </summary>
internal sealed partial class Daemon : IAsyncDisposable
{
    private const string ResolvConf = "/etc/resolv.conf";
    private static readonly string[] DockersSockets = ["/var/run/docker.sock", "/run/docker.sock"];
    private static readonly TimeSpan ContainerdPatience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan StopDeadline = TimeSpan.FromSeconds(1);

    private readonly DaemonOptions _options;
    private readonly ILoggerFactory _logs;
    private readonly ILogger _log;
    private readonly TimeProvider _time = TimeProvider.System;
    private readonly CancellationTokenSource _stop = new();
    private readonly DaemonLock _lock;
    private readonly ContainerdClient _containerd;
    private readonly ImageStore _images;
    private readonly ContainerEngine _containers;
    private readonly StandaloneContainers _standalone;
    private readonly DockersVolumesPath? _dockersVolumes;
    private readonly NamespaceServices _services;
    private readonly OverlayNetworking _networking;
    private readonly OverlayAttachments _attachments;
    private readonly BridgeNetworking _bridges;
    private readonly SwarmNode _swarm;
    private readonly DockerApi _api;
    private Task _running = Task.CompletedTask;

    private Daemon(DaemonOptions options, ILoggerFactory logs)
    {
        (_options, _logs, _log) = (options, logs, logs.CreateLogger<Daemon>());
        _lock = DaemonLock.Take(options.ExecRoot);
        DataFolder.Ensure(options.DataRoot);
        var ids = new CryptoIdSource();
        var assignments = new AssignmentState();
        var outbox = new CurrentOutbox();
        var contents = new DependencyContents();

        _containerd = new(options.Containerd, options.ContainerdNamespace);
        _images = new(_containerd, Registries(options), Path.Combine(options.DataRoot, "tmp"), _time, logs);
        _containers = new(_containerd, _images, new(options.DataRoot, options.ExecRoot, options.CgroupParent) { AllowServices = options.AllowServices }, _time, ids, logs);
        _images.UsersOf = UsersOf;
        // Only who answers in Docker's place does so on its disk.
        if (EngineListeners.UnixPaths(options.Hosts).Any(DockersSockets.Contains))
            _dockersVolumes = new("/var/lib/docker", new(options.DataRoot), logs.CreateLogger<DockersVolumesPath>());
        var local = new LocalNetworks(Path.Combine(options.DataRoot, LocalNetworks.Folder), PoolsOf(options), ids, _time, logs) { Elsewhere = () => SubnetsOf(assignments), Default = options.DefaultBridge };
        _services = new(assignments, options.ExecRoot, ResolvConf, _time, logs) { ManagerPorts = OwnManagerPorts, GatewayMasquerades = () => local.GatewayMasquerades };
        _networking = new(NetworkingOptions(options), assignments, _services, new GatewayBridge(local), _time, logs);
        _attachments = new(assignments, ids, _time, logs);
        _bridges = new(
            new(options.ExecRoot, options.DataRoot, ResolvConf) { HostGateways = HostGatewaysOf(options), Dns = options.Dns }, local, _services, new(_attachments, assignments, _networking), _time, logs);
        NodeAgent? agent = null;
        var tasks = new TaskManager(assignments, _images, _networking, _containers, outbox, contents, () => agent!.Own(), ids, _time, logs, options.DefaultLogDriver);
        var peers = new PeerWatcher(
            assignments, NetworkingOptions(options).IngressPin, () => agent?.Connected == true, _time, logs.CreateLogger<PeerWatcher>());
        var parts = new NodeParts(tasks, _containers, _networking, _bridges, _services, peers, _time, logs.CreateLogger<NodeParts>());
        agent = new(options, assignments, outbox, contents, _attachments, parts, _time, logs);
        _swarm = new(options.Node, agent, _time, ids, logs);
        _standalone = new(_containers, _images, _bridges, Path.Combine(options.DataRoot, "containers"), ResolvConf, ids, _time, logs, options.Dns) { DefaultLogDriver = options.DefaultLogDriver };
        _api = new(Identity(options, ids), _containers, _standalone, _images, _networking, _bridges, _bridges, assignments, _swarm, ids, _time, logs) { Warnings = () => _services.Warnings };
    }

    /// <summary>Runs until SIGTERM or SIGINT. SIGHUP, by which dockerd reads its file again, ends nothing.</summary>
    /// <exception cref="SkeinException">The daemon cannot start; the message says why.</exception>
    public static async Task RunAsync(DaemonOptions options, CancellationToken cancel)
    {
        ProcessMemory.LimitNativeHeaps();
        using var logs = DaemonLogging.Create(options.LogLevel);
        await using var daemon = new Daemon(options, logs);
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal =>
        {
            signal.Cancel = true;
            daemon.LogHangUp();
        });
        await daemon.ServeAsync(cancel);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _swarm.DisposeAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _bridges.Dispose();
        _networking.Dispose();
        await _services.DisposeAsync();
        _dockersVolumes?.Dispose();
        _standalone.Dispose();
        _containers.Dispose();
        _containerd.Dispose();
        _lock.Dispose();
        _stop.Dispose();
    }

    private async Task ServeAsync(CancellationToken cancel)
    {
        var started = _time.GetTimestamp();
        var group = EngineListeners.GroupOf(_options.Group);
        EngineListeners.RequireFree(_options.Hosts);
        await TakeUpAsync(cancel);
        _dockersVolumes?.Show();
        _running = Task.WhenAll(_containers.RunAsync(_stop.Token), _bridges.RunAsync(_stop.Token), _api.RunAsync(_stop.Token), new IdleMemory(_time).RunAsync(_stop.Token));
        _swarm.Start();
        _attachments.Begin(() => _swarm.State is not (LocalNodeState.Inactive or LocalNodeState.Error));

        await using var app = BuildApi();
        await app.StartAsync(cancel);
        EngineListeners.Protect(_options.Hosts, group);
        if (group is null && _options.Group.Length > 0) LogNoGroup(string.Join(", ", EngineListeners.UnixPaths(_options.Hosts)), _options.Group);
        SystemdNotify.Ready();
        LogReady(ProgramVersion.Current, string.Join(", ", _options.Hosts), _time.GetElapsedTime(started).TotalMilliseconds);
        await app.WaitForShutdownAsync(cancel);
        SystemdNotify.Stopping();
        LogStopping();
    }

    /// <summary>What is in containerd; one that goes away in the midst of it is waited for anew.</summary>
    private async Task TakeUpAsync(CancellationToken cancel)
    {
        while (true)
        {
            await WaitForContainerdAsync(cancel);
            try
            {
                await _images.OpenAsync(cancel);
                await _containers.RecoverAsync(cancel);
                await _standalone.RecoverAsync(cancel);
                return;
            }
            catch (RpcException error) when (error.StatusCode == StatusCode.Unavailable)
            {
                LogContainerdWent(error.Status.Detail);
            }
        }
    }

    private async Task WaitForContainerdAsync(CancellationToken cancel)
    {
        if (!File.Exists(_options.Containerd)) LogWaiting(_options.Containerd);
        try
        {
            await _containerd.WaitUntilServingAsync(ContainerdPatience, _time, cancel);
        }
        catch (TimeoutException e)
        {
            throw new SkeinException(
                ErrorKind.Unavailable,
                $"containerd does not answer on {_options.Containerd} since {ContainerdPatience.TotalSeconds:0} s: is it installed, and does it run?",
                e);
        }
    }

    private WebApplication BuildApi()
    {
        var builder = BareWeb.Create(_logs, StopDeadline, kestrel => EngineListeners.Add(kestrel, _options.Hosts, _api));
        _api.AddTunnels(builder);
        var app = builder.Build();
        _api.Map(app);
        return app;
    }

    /// <summary>As this node is known to others; none while it is no manager.</summary>
    private IReadOnlyList<int> OwnManagerPorts()
    {
        if (_swarm is not { Control: not null } swarm) return [];
        var own = swarm.Managers.FirstOrDefault(manager => manager.NodeId == swarm.NodeId);
        return IPEndPoint.TryParse(own?.Addr ?? "", out var address) ? ManagerPorts.Of(address) : [];
    }

    private IEnumerable<ImageUser> UsersOf(string imageId) => _containers.List()
        .Where(container => container.ImageId == imageId)
        .Select(container => new ImageUser(container.Id, container.State.Status == Agent.Containers.ContainerStatus.Running));

    private static OverlayNetworkingOptions NetworkingOptions(DaemonOptions options) =>
        new(options.ExecRoot, options.DataRoot, ResolvConf) { HostGateways = HostGatewaysOf(options), Dns = options.Dns };

    private static IReadOnlyList<IPAddress> HostGatewaysOf(DaemonOptions options) => [.. options.HostGatewayIps.Select(IPAddress.Parse)];

    private static RegistryConfig Registries(DaemonOptions options) => new(options.RegistryMirrors, options.InsecureRegistries)
    {
        MaxConcurrentDownloads = options.MaxConcurrentDownloads,
        MaxConcurrentUploads = options.MaxConcurrentUploads,
    };

    private static SubnetPools PoolsOf(DaemonOptions options) => options.DefaultAddressPools.Count == 0
        ? SubnetPools.Dockers
        : new([.. options.DefaultAddressPools.Select(pool => (IPNetwork.Parse(pool.Base), pool.Size))]);

    /// <summary>Of the swarm's networks: the host has no route to them.</summary>
    private static IReadOnlyCollection<IPNetwork> SubnetsOf(AssignmentState assignments) =>
        [.. assignments.Current.Networks.Values.SelectMany(network => network.Ipam).Select(config => IPNetwork.TryParse(config.Subnet, out var subnet) ? subnet : default).Where(subnet => subnet.PrefixLength > 0)];

    private static EngineIdentity Identity(DaemonOptions options, IIdSource ids)
    {
        var commit = typeof(Daemon).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+') is [_, var hash] ? hash : "";
        return new(
            EngineId.Of(options.DataRoot, ids), Environment.MachineName, ProgramVersion.Current, commit, options.DataRoot, options.CgroupParent,
            options.Labels, options.RegistryMirrors, options.InsecureRegistries, options.Containerd)
        {
            Hosts = options.Hosts,
            Debug = options.LogLevel <= LogLevel.Debug,
            LogDriver = options.LogDriver,
            BuildKitSocket = options.BuildKit,
        };
    }

    [LoggerMessage(1000, LogLevel.Information, "Skein {Version} answers on {Hosts}, {Milliseconds:0} ms after its start")]
    private partial void LogReady(string version, string hosts, double milliseconds);

    [LoggerMessage(1001, LogLevel.Information, "Skein stops; its containers go on running")]
    private partial void LogStopping();

    [LoggerMessage(1002, LogLevel.Warning, "{Sockets} stays root's alone: this host has no group {Group}")]
    private partial void LogNoGroup(string sockets, string group);

    [LoggerMessage(1004, LogLevel.Warning, "SIGHUP changes nothing: the configuration is read at the start alone, and a restart stops no container")]
    private partial void LogHangUp();

    [LoggerMessage(1005, LogLevel.Warning, "The start begins anew: {Reason}")]
    private partial void LogContainerdWent(string reason);

    [LoggerMessage(1003, LogLevel.Information, "Waiting for containerd: {Socket} is not there yet")]
    private partial void LogWaiting(string socket);
}
