using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Skein.Agent.Containers;
using Skein.Agent.Containers.Life;
using Skein.Agent.Images;
using Skein.Agent.Networks;
using Skein.Model;
using Skein.Model.Logging;
using ContainerStatus = Skein.Agent.Containers.ContainerStatus;

namespace Skein.Agent.Standalone;

/// <summary>
/// The containers that users make on this host, as Docker's commands speak of them. A task's container passes through: it may be
/// stopped, killed and removed by hand, and only its task starts it. Call <see cref="RecoverAsync"/> once, when the engine has.
/// </summary>
public sealed partial class StandaloneContainers : IStandaloneContainers, IDisposable
{
    private readonly IContainerEngine _engine;
    private readonly IImageStore _images;
    private readonly StandaloneSandbox _sandbox;
    private readonly StandaloneLinks _links;
    private readonly StandaloneParts _parts;
    private readonly IIdSource _ids;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _daemon = new();
    private readonly ConcurrentDictionary<string, StandaloneController> _controllers = new(StringComparer.Ordinal);

    /// <summary>Of containers that name none; null = json-file.</summary>
    public LogDriver? DefaultLogDriver { get; init; }

    /// <param name="containersFolder">Of the containers' records: what each reads in /etc lies beside its own.</param>
    public StandaloneContainers(
        IContainerEngine engine, IImageStore images, IStandaloneNetworking networks, string containersFolder, string hostResolvConf, IIdSource ids, TimeProvider time, ILoggerFactory loggers, DnsConfig? dnsDefaults = null)
    {
        (_engine, _images, _ids, _logger) = (engine, images, ids, loggers.CreateLogger<StandaloneContainers>());
        _sandbox = new(networks, containersFolder, hostResolvConf, dnsDefaults);
        _links = new(engine, images, networks);
        engine.Govern((id, exitCode, ran) => _controllers.GetValueOrDefault(id)?.Ended(exitCode, ran));
        _parts = new(engine, _sandbox, _links, id => _controllers.TryRemove(id, out _), time, loggers.CreateLogger<StandaloneController>());
    }

    /// <summary>Takes up what an earlier daemon left, and starts what its policy wants, in the background.</summary>
    public async Task RecoverAsync(CancellationToken cancel)
    {
        var found = _engine.List().Where(container => container.Definition.Standalone is not null).ToList();
        await _sandbox.RecoverAsync(found.Where(container => container.State.IsRunning).Select(container => container.Definition), cancel);
        var first = new List<Task>();
        foreach (var container in found)
        {
            var controller = _controllers[container.Id] = new(_parts, container, _daemon.Token);
            if (container.Removal is { } removal)
            {
                _ = RemoveAgainAsync(container.Id, removal);
                continue;
            }
            var next = controller.TakeUp();
            if (next != ContainerLifeCommand.None || container.EndedUnseen) first.Add(controller.GoOnAsync(next));
        }
        _ = Task.WhenAll(first).ContinueWith(_ => _sandbox.Recovered(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        if (found.Count > 0) LogTakenUp(found.Count);
    }

    /// <param name="definition">Without an id; its owner is the user.</param>
    public async Task<ContainerRecord> CreateAsync(ContainerDefinition definition, CancellationToken cancel)
    {
        var wish = definition.Standalone;
        definition.Id = _ids.NewContainerId();
        if (definition.Hostname.Length == 0) definition.Hostname = definition.Id[..12];
        definition.LogDriver = Skein.Model.Logging.DefaultLogDriver.Merge(definition.LogDriver, DefaultLogDriver);
        if (definition.LogDriver is { } driver) LogDriverValidation.Check(driver);
        var image = _images.Find(definition.Spec.Image, ImagePlatform.From(definition.Standalone.Platform)).Config;
        foreach (var (name, value) in image.Labels) definition.Labels.TryAdd(name, value);
        // `-P` publishes what the image exposes as well.
        wish.ExposedPorts.Add(image.ExposedPorts.Select(port => port.Contains('/') ? port : port + "/tcp").Except(wish.ExposedPorts).ToList());
        _links.Find(wish.Links);
        var shared = Share(wish.NetworkMode);
        (wish.NetworkMode, wish.PidMode, wish.IpcMode) = (Resolved(wish.NetworkMode), Resolved(wish.PidMode), Resolved(wish.IpcMode));
        AddMountsOfOthers(definition);
        _sandbox.Place(definition, shared?.Definition);
        // Before it is there: who knows its name may start it as soon as it is.
        _controllers[definition.Id] = new(_parts, new ContainerRecord(definition), _daemon.Token);
        try
        {
            return await _engine.CreateAsync(definition, cancel);
        }
        catch
        {
            _controllers.TryRemove(definition.Id, out _);
            throw;
        }
    }

    public Task StartAsync(string idOrName, CancellationToken cancel)
    {
        var container = _engine.Find(idOrName);
        if (container.State.Status == ContainerStatus.Paused) throw SkeinException.Conflict("cannot start a paused container, try unpause instead");
        if (container.State.Status is ContainerStatus.Running or ContainerStatus.Restarting) throw new SkeinException(ErrorKind.NotModified, "container is already running");
        // Whoever asked may leave: half a start would be worse than one that nobody waits for.
        return OfUser(container).StartAsync().WaitAsync(cancel);
    }

    public Task StopAsync(string idOrName, TimeSpan? grace, string? signal, CancellationToken cancel)
    {
        var container = _engine.Find(idOrName);
        if (!IsUp(container)) throw new SkeinException(ErrorKind.NotModified, "container is already stopped");
        return TryOf(container) is { } own ? own.StopAsync(grace, signal, cancel) : _engine.StopAsync(container.Id, grace, signal, cancel);
    }

    public Task RestartAsync(string idOrName, TimeSpan? grace, string? signal, CancellationToken cancel) =>
        OfUser(_engine.Find(idOrName)).RestartAsync(grace, signal, cancel);

    public Task KillAsync(string idOrName, string signal, CancellationToken cancel)
    {
        var container = _engine.Find(idOrName);
        return TryOf(container) is { } own ? own.KillAsync(signal, cancel) : _engine.KillAsync(container.Id, signal, cancel);
    }

    public async Task RemoveAsync(string idOrName, bool force, bool volumesToo, CancellationToken cancel)
    {
        var container = _engine.Find(idOrName);
        if (TryOf(container) is not { } own)
        {
            await _engine.RemoveAsync(container.Id, force, volumesToo, cancel);
            return;
        }
        await own.RemoveAsync(force, volumesToo, cancel);
        _controllers.TryRemove(container.Id, out _);
    }

    /// <summary>What a daemon that was killed had been asked for.</summary>
    private async Task RemoveAgainAsync(string id, ContainerRemoval removal)
    {
        try
        {
            await RemoveAsync(id, force: true, removal == ContainerRemoval.WithVolumes, _daemon.Token);
        }
        catch (Exception error) when (error is SkeinException or OperationCanceledException)
        {
            LogNotRemoved(id, error.Message);
        }
    }

    public Task RenameAsync(string idOrName, string name, CancellationToken cancel)
    {
        var container = _engine.Find(idOrName);
        return TryOf(container) is { } own ? own.RenameAsync(name, cancel) : _engine.RenameAsync(container.Id, name, cancel);
    }

    public async Task<string> ConnectAsync(string idOrName, StandaloneEndpoint endpoint, CancellationToken cancel)
    {
        var container = _engine.Find(idOrName);
        await OfUser(container).ConnectAsync(endpoint, cancel);
        return container.Id;
    }

    public async Task<string> DisconnectAsync(string idOrName, string network, CancellationToken cancel)
    {
        var container = _engine.Find(idOrName);
        await OfUser(container).DisconnectAsync(network, cancel);
        return container.Id;
    }

    public async Task UpdateAsync(string idOrName, Func<ContainerDefinition, ContainerDefinition> change, CancellationToken cancel)
    {
        var container = _engine.Find(idOrName);
        var own = OfUser(container);
        var changed = await _engine.UpdateAsync(container.Id, change, cancel);
        own.ChangePolicy(changed.Standalone.Restart);
    }

    public void Dispose()
    {
        _daemon.Cancel();
        _daemon.Dispose();
    }

    private static bool IsUp(ContainerRecord container) => container.State.Status is ContainerStatus.Running or ContainerStatus.Paused or ContainerStatus.Restarting;

    private StandaloneController? TryOf(ContainerRecord container) => _controllers.GetValueOrDefault(container.Id);

    /// <summary>A task's container lives once: when it ends its network legs go, and the swarm puts another in its place.</summary>
    private StandaloneController OfUser(ContainerRecord container)
    {
        if (TryOf(container) is { } own) return own;
        var service = container.Definition.Labels.GetValueOrDefault("com.docker.swarm.service.name", "");
        throw SkeinException.Conflict(
            $"container {container.Id[..12]} is a task of the service {service}, which starts another when it ends: use docker service update --force {service}");
    }

    private ContainerRecord? Share(string mode) => NamespaceMode.Container(mode) is { } other ? Named(other) : null;

    /// <summary>One that a wish names. Not as one that is missing: a client would take that for the image, and pull it.</summary>
    private ContainerRecord Named(string idOrName)
    {
        try
        {
            return _engine.Find(idOrName);
        }
        catch (SkeinException missing) when (missing.Kind == ErrorKind.NotFound)
        {
            throw SkeinException.Invalid(missing.Message);
        }
    }

    /// <summary>By its id: names may be given to others.</summary>
    private string Resolved(string mode) => Share(mode) is { } other ? NamespaceMode.Of(other.Id) : mode;

    /// <summary>`--volumes-from`: what the user mounts in the same place comes before.</summary>
    private void AddMountsOfOthers(ContainerDefinition definition)
    {
        foreach (var from in definition.Standalone.VolumesFrom)
        {
            var (name, mode) = from.Split(':', 2) is [var id, var given] ? (id, given) : (from, "rw");
            if (mode is not ("ro" or "rw" or "z" or "Z")) throw SkeinException.Invalid($"invalid mode: {mode}");
            var other = Named(name);
            foreach (var mount in other.Definition.Spec.Mounts.Where(mount => mount.Type is "bind" or "volume" && definition.Spec.Mounts.All(own => own.Target != mount.Target)))
            {
                var taken = mount.Clone();
                if (taken is { Type: "volume", Source: "" }) taken.Source = Containers.Volumes.VolumeFolders.NameOf(other.Id, mount);
                (taken.ReadOnly, taken.VolumeNoCopy) = (taken.ReadOnly || mode == "ro", true);
                definition.Spec.Mounts.Add(taken);
            }
        }
    }

    [LoggerMessage(3403, LogLevel.Warning, "The removal of container {Id}, which an earlier daemon had begun, failed: {Reason}")]
    private partial void LogNotRemoved(string id, string reason);

    [LoggerMessage(3402, LogLevel.Information, "{Count} containers of users are here")]
    private partial void LogTakenUp(int count);
}
