using System.Collections.Concurrent;
using System.Collections.ObjectModel;
using System.Globalization;
using System.Threading.Channels;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using Skein.Agent.Containerd;
using Skein.Agent.Containers.Confinement;
using Skein.Agent.Containers.Devices;
using Skein.Agent.Containers.Health;
using Skein.Agent.Containers.Io;
using Skein.Agent.Containers.Leftovers;
using Skein.Agent.Containers.Logs;
using Skein.Agent.Containers.Mounts;
using Skein.Agent.Containers.Oci;
using Skein.Agent.Containers.Processes;
using Skein.Agent.Containers.Stats;
using Skein.Agent.Containers.Storage;
using Skein.Agent.Containers.Volumes;
using Skein.Agent.Images;
using Skein.Linux.Pipes;
using Skein.Model;
using Skein.Model.Logging;

namespace Skein.Agent.Containers;

/// <summary>
/// Containers on containerd. A container is a snapshot, a container object and, while it runs, a task there; a record, a log
/// and FIFOs here. Its shim outlives the daemon: <see cref="RecoverAsync"/> takes up what runs and learns what ended.
/// Call RecoverAsync once before anything else, then <see cref="RunAsync"/> for as long as the daemon lives.
/// </summary>
public sealed partial class ContainerEngine : IContainerEngine, IDisposable
{
    // How long output is waited for after a process has ended: somebody else may still hold its stream open.
    private static readonly TimeSpan DrainPatience = TimeSpan.FromSeconds(2);

    private readonly ContainerdClient containerd;
    private readonly IImageStore images;
    private readonly ContainerEngineOptions options;
    private readonly TimeProvider time;
    private readonly IIdSource ids;
    private readonly ILogger logger;
    private readonly ContainerTable containers = new();
    private readonly Subscribers<ContainerEvent> events = new();
    private readonly ContainerRecords records;
    private readonly MountResolver mounts;
    private readonly StagedMounts staged;
    private readonly VolumeContent volumeContent;
    private readonly MemoryFiles memoryFiles;
    private readonly SharedMemory sharedMemory;
    private readonly VolumeStore volumes;
    private readonly OciSpecBuilder specs;
    private readonly ContainerAccess access;
    private readonly AppArmor appArmor;
    private readonly AbandonedShims abandonedShims;
    private readonly EmptyCgroups emptyCgroups;
    private readonly PipePoller poller = new();
    private readonly CancellationTokenSource closing = new();
    private readonly ConcurrentDictionary<string, ManagedContainer> unrecorded = new();   // whose record on disk is behind

    public ContainerEngine(
        ContainerdClient containerd, IImageStore images, ContainerEngineOptions options, TimeProvider time, IIdSource ids, ILoggerFactory loggers)
    {
        this.containerd = containerd;
        this.images = images;
        this.options = options;
        this.time = time;
        this.ids = ids;
        logger = loggers.CreateLogger<ContainerEngine>();
        records = new ContainerRecords(options);
        stats = new StatsReader("/sys/fs/cgroup", "/proc", time);
        staged = new StagedMounts(options.StagingFolder, options.Volumes);
        mounts = new MountResolver(options.Volumes, Environment.OSVersion.Version, staged.PlaceOf);
        volumeContent = new VolumeContent(options.Volumes, options.CopyFolder);
        volumes = new VolumeStore(options.Volumes, time, ids, loggers.CreateLogger<VolumeStore>());
        memoryFiles = new MemoryFiles(options.MemoryFolder);
        sharedMemory = new SharedMemory(options.SharedMemoryFolder);
        abandonedShims = new AbandonedShims(containerd.SocketPath, containerd.Namespace);
        emptyCgroups = new EmptyCgroups(options.CgroupParent, Cgroups);
        access = new ContainerAccess(options.AllowServices, new CdiRegistry(options.CdiFolders));
        appArmor = new AppArmor("/", time, logger);
        string[] inits = ["/usr/bin/docker-init", "/usr/libexec/docker/docker-init", "/usr/bin/tini-static"];
        specs = new OciSpecBuilder(options.CgroupParent, Cgroups, inits.FirstOrDefault(File.Exists))
        {
            AllCapabilities = CapabilitySet.Parse(File.ReadAllText("/proc/self/status"), "CapEff"),
            HasSelinux = File.Exists("/sys/fs/selinux/enforce"),
        };
    }

    public async Task<(string Version, string Revision)?> RuntimeVersionAsync(CancellationToken cancel)
    {
        try
        {
            return await containerd.VersionAsync(cancel);
        }
        catch (RpcException error) when (error.StatusCode == StatusCode.Unavailable)
        {
            return null;
        }
    }

    public bool UsesAppArmor => appArmor.IsUsable;

    public HostCgroups Cgroups { get; } = HostCgroups.Read();

    public IVolumes Volumes => volumes;

    public IReadOnlyList<ContainerRecord> List() => [.. containers.All.Select(container => container.Record)];

    public ContainerRecord Find(string idOrName) => containers.Find(idOrName).Record;

    public ChannelReader<ContainerEvent> Subscribe(CancellationToken cancel) => events.Subscribe(cancel);

    public async Task<int> WaitAsync(string id, CancellationToken cancel)
    {
        var container = containers.Find(id);
        var exit = container.NextExit;
        return container.Running ? await exit.WaitAsync(cancel) : container.Record.State.ExitCode;
    }

    public async Task<int> WaitAtRestAsync(string id, CancellationToken cancel)
    {
        var container = containers.Find(id);
        var exit = container.NextExit;
        return container.Running || container.Record.State.Status == ContainerStatus.Restarting ? await exit.WaitAsync(cancel) : container.Record.State.ExitCode;
    }

    public async Task<int> WaitNextAsync(string id, CancellationToken cancel) => await containers.Find(id).NextExit.WaitAsync(cancel);

    public async Task<int> WaitRemovedAsync(string id, CancellationToken cancel)
    {
        var container = containers.Find(id);
        await container.Removed.WaitAsync(cancel);
        return container.Record.State.ExitCode;
    }

    public async Task<IContainerStreams> AttachAsync(string id, CancellationToken cancel)
    {
        var container = containers.Find(id);
        // Between the end of a run's output and the record of its exit it would wait for the next run without knowing.
        await container.Gate.WaitAsync(cancel);
        try
        {
            if (containers.TryGet(container.Id) is null)
                throw SkeinException.NotFound($"No such container: {id}");
            if (container.Record.State.Status == ContainerStatus.Paused) throw SkeinException.Conflict($"container {id} is paused, unpause the container before attach");
            if (container.Record.State.Status == ContainerStatus.Restarting) throw SkeinException.Conflict($"container {id} is restarting, wait until the container is running");
            Publish(container, "attach");
            return container.Io.Attach(container.NextExit, closesInput: container.Record.Definition.Standalone?.StdinOnce ?? true);
        }
        finally
        {
            container.Gate.Release();
        }
    }

    public async Task<long> WrittenAsync(string id, CancellationToken cancel)
    {
        var usage = new Containerd.SnapshotsApi.UsageRequest { Snapshotter = ContainerdClient.Snapshotter, Key = containers.Find(id).Id };
        try
        {
            return (await containerd.Snapshots.UsageAsync(usage, cancellationToken: cancel)).Size;
        }
        catch (RpcException error) when (error.StatusCode == StatusCode.NotFound)
        {
            return 0;   // its removal is under way, or was when a daemon was killed
        }
    }

    public async Task ResizeAsync(string id, uint height, uint width, CancellationToken cancel)
    {
        var container = Running(id);
        await containerd.Tasks.ResizePtyAsync(
            new() { ContainerId = container.Id, Height = height, Width = width }, cancellationToken: cancel);
        Publish(container, "resize", ("height", Text(height)), ("width", Text(width)));
    }

    // Refused before the first line is asked for: the answer's head has not gone out by then.
    public IAsyncEnumerable<ContainerLogLine> ReadLogsAsync(string id, LogQuery query, CancellationToken cancel)
    {
        var container = containers.Find(id);
        if (container.IsLeaving) throw SkeinException.Conflict("can not get logs from container which is dead or marked for removal");
        return container.Log.Limits.Kept
            ? container.Log.ReadAsync(query, () => container.Over, cancel)
            : throw SkeinException.NotImplemented("configured logging driver does not support reading");
    }

    /// <summary>Processes' host pids are asked of containerd, the rest is read from the host's /proc.</summary>
    public async Task<(IReadOnlyList<string> Titles, IReadOnlyList<IReadOnlyList<string>> Processes)> TopAsync(
        string id, string psArgs, CancellationToken cancel)
    {
        var container = Running(id);
        var listing = ProcessListing.Parse(psArgs);
        var answer = await containerd.Tasks.ListPidsAsync(new() { ContainerId = container.Id }, cancellationToken: cancel);
        Publish(container, "top");
        return (listing.Titles, listing.Rows(answer.Processes.Select(process => process.Pid), time.GetUtcNow()));
    }

    /// <summary>Lets go of everything that runs; it runs on.</summary>
    public void Dispose()
    {
        closing.Cancel();
        poller.Dispose();
        appArmor.Dispose();
        foreach (var container in containers.All)
            container.Dispose();
    }

    private ManagedContainer Running(string id)
    {
        var container = containers.Find(id);
        return container.Running ? container : throw NotRunning(container);
    }

    /// <summary>One in which something can be started.</summary>
    private ManagedContainer Active(string id)
    {
        var container = containers.Find(id);
        CheckActive(container, id);
        return container;
    }

    /// <param name="name">As it was asked for.</param>
    private static void CheckActive(ManagedContainer container, string name)
    {
        if (container.Record.State.Status == ContainerStatus.Restarting) throw Restarting(container);
        if (!container.Running) throw NotRunning(container);
        if (container.Record.State.Status == ContainerStatus.Paused) throw SkeinException.Conflict($"Container {name} is paused, unpause the container before exec");
    }

    private static SkeinException Restarting(ManagedContainer container) => SkeinException.Conflict($"Container {container.Id} is restarting, wait until the container is running");

    private static SkeinException NotRunning(ManagedContainer container) => SkeinException.Conflict($"container {container.Id} is not running");

    private ManagedContainer Manage(ContainerRecord record, IReadOnlyList<Containerd.Types.Mount> rootMounts, string stopSignal, bool takenUp = false)
    {
        var spec = record.Definition.Spec;
        record = record with { Check = HealthPolicy.Merge(spec.Healthcheck, images.TryFind(record.ImageId)?.Config.Healthcheck) };
        var log = new ContainerLog(options.ContainerFolder(record.Id), LogLimits.Of(record.Definition.LogDriver), time, logger)
        {
            Collection = LogCollection.Of(record.Definition.LogDriver, LogSubjectOf(record), options.JournalSocket, ids.NewContainerId(), time, logger),
        };
        var paths = StdioPaths.In(options.IoFolder(record.Id), "", stdin: spec.OpenStdin, stdout: true, stderr: !spec.Tty);
        return new ManagedContainer(record, rootMounts, stopSignal, log, new ProcessIo(paths, spec.Tty)) { TakenUp = takenUp };
    }

    /// <summary>What log drivers are told of a container; of an image that is gone, nothing.</summary>
    private LogSubject LogSubjectOf(ContainerRecord record)
    {
        var (definition, image) = (record.Definition, images.TryFind(record.ImageId)?.Config);
        var command = image is null ? [.. definition.Spec.Command, .. definition.Spec.Args] : OciSpecBuilder.Command(definition.Spec, image);
        var environment = OciSpecBuilder.MergeEnvironment(image?.Env ?? [], definition.Spec.Env);
        return new LogSubject(record.Id, definition.Name, string.Join(' ', command), record.ImageId, definition.Spec.Image, definition.Labels, environment);
    }

    public IReadOnlyDictionary<string, string> LogAttributesOf(string id)
    {
        var record = containers.Find(id).Record;
        if (record.Definition.LogDriver is not { Options.Count: > 0 } driver) return ReadOnlyDictionary<string, string>.Empty;
        var subject = LogSubjectOf(record);
        var attributes = LogAttributes.Of(driver.Options, subject.Labels, subject.Environment);
        if (driver.Options.TryGetValue(LogOptions.Tag, out var tag) && tag.Length > 0) attributes[LogOptions.Tag] = LogTag.Expand(tag, subject, Environment.MachineName);
        return attributes;
    }

    private void Store(ManagedContainer container, ContainerState state)
    {
        container.Record = container.Record with { State = state };
        try
        {
            Write(container);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // What has happened has happened, and is told; KeepRecordsAsync writes it down when there is space.
            if (unrecorded.TryAdd(container.Id, container)) LogNotRecorded(container.Id, error.Message);
        }
    }

    private void Write(ManagedContainer container)
    {
        records.Write(container.Record, container.RootMounts, container.StopSignal);
        unrecorded.TryRemove(container.Id, out _);
    }

    private void Publish(ManagedContainer container, string action, params ReadOnlySpan<(string Name, string Value)> extra)
    {
        var definition = container.Record.Definition;
        var attributes = new Dictionary<string, string>(definition.Labels)
        {
            ["image"] = definition.Spec.Image,
            ["name"] = definition.Name,
        };
        foreach (var (name, value) in extra)
            attributes[name] = value;
        events.Publish(new ContainerEvent(time.GetUtcNow(), action, container.Record, attributes));
    }

    // While containerd is away it is nobody's fault, and passes.
    private static ErrorKind KindOf(RpcException error) => error.StatusCode == StatusCode.Unavailable ? ErrorKind.Unavailable : ErrorKind.Internal;

    /// <summary>The runtime's own writing end; closing it cannot be tried again, since the client that did has gone.</summary>
    /// <param name="execId">Empty = the container's first process.</param>
    private async Task CloseInputAsync(string id, string execId)
    {
        try
        {
            await IgnoreMissingAsync(async () => await containerd.Tasks.CloseIOAsync(new() { ContainerId = id, ExecId = execId, Stdin = true }));
        }
        catch (RpcException error)
        {
            LogInputLeftOpen(id, error.Status.Detail);
        }
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>A removal's or repair's call to containerd: what is not there (any more) is a success.</summary>
    /// <returns>false when it was not there.</returns>
    private static async Task<bool> IgnoreMissingAsync(Func<Task> call)
    {
        try
        {
            await call();
            return true;
        }
        catch (RpcException error) when (error.StatusCode == StatusCode.NotFound)
        {
            return false;
        }
    }
}
