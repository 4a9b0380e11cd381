using System.Text.Json;
using Google.Protobuf;
using Grpc.Core;
using Skein.Agent.Containerd.TasksApi;
using Skein.Agent.Containers.Oci;
using Skein.Agent.Containers.Processes;
using Skein.Model;

namespace Skein.Agent.Containers;

/// <summary>What only a container of a user does: it is renamed, paused, given other limits, and shares the namespaces of others.</summary>
public sealed partial class ContainerEngine
{
    private const string ResourcesType = "types.containerd.io/opencontainers/runtime-spec/1/LinuxResources";

    private volatile Func<string, int, TimeSpan, ContainerStanding?>? _verdict;

    public bool Ends(string id, string signal) => IsEnd(containers.Find(id), Signals.Parse(string.IsNullOrEmpty(signal) ? "SIGKILL" : signal));

    public void Announce(string id, string action, params ReadOnlySpan<(string Name, string Value)> extra) => Publish(containers.Find(id), action, extra);

    public Task PauseAsync(string id, CancellationToken cancel) => PauseAsync(id, byDaemon: false, cancel);

    /// <param name="byDaemon">For a work of its own: written down before, so that one that dies meanwhile leaves nobody frozen.</param>
    private async Task PauseAsync(string id, bool byDaemon, CancellationToken cancel)
    {
        var container = containers.Find(id);
        await container.ExecStart.WaitAsync(cancel);
        try
        {
            using var held = await HoldAsync(container, cancel);
            await FreezeAsync(container, byDaemon);
        }
        finally
        {
            container.ExecStart.Release();
        }
    }

    private async Task FreezeAsync(ManagedContainer container, bool byDaemon)
    {
        if (container.Record.State.Status == ContainerStatus.Paused) throw SkeinException.Conflict($"Container {container.Id} is already paused");
        if (container.Record.State.Status == ContainerStatus.Restarting) throw Restarting(container);
        if (!container.Running) throw NotRunning(container);
        if (byDaemon) NotePausing(container, true);
        try
        {
            if (!await AskRunningAsync("pause", container, async () => await containerd.Tasks.PauseAsync(new() { ContainerId = container.Id }))) throw NotRunning(container);
        }
        catch when (byDaemon)
        {
            NotePausing(container, false);
            throw;
        }
        Store(container, container.Record.State with { Status = ContainerStatus.Paused });
        EndProbing(container);
        Publish(container, "pause");
    }

    private void NotePausing(ManagedContainer container, bool byDaemon)
    {
        container.Record = container.Record with { PausedByDaemon = byDaemon };
        Store(container, container.Record.State);
    }

    /// <summary>A daemon that died meanwhile had paused it for a work of its own.</summary>
    /// <returns>Whether it goes on.</returns>
    private async Task<bool> IsThawedAsync(string id)
    {
        try
        {
            await containerd.Tasks.ResumeAsync(new() { ContainerId = id });
            return true;
        }
        catch (RpcException error) when (error.StatusCode != StatusCode.Unavailable)
        {
            // As it is, it is shown as paused: a user may let it go on.
            LogLeftBehind(id, error.Status.Detail);
            return false;
        }
    }

    public async Task UnpauseAsync(string id, CancellationToken cancel)
    {
        var container = containers.Find(id);
        using var held = await HoldAsync(container, cancel);
        if (container.Record.State.Status != ContainerStatus.Paused) throw new SkeinException(ErrorKind.Internal, $"Container {container.Id} is not paused");
        if (!await AskRunningAsync("unpause", container, async () => await containerd.Tasks.ResumeAsync(new() { ContainerId = container.Id }, cancellationToken: cancel))) throw NotRunning(container);
        container.Record = container.Record with { PausedByDaemon = false };
        Store(container, container.Record.State with { Status = ContainerStatus.Running });
        BeginProbing(container);
        Publish(container, "unpause");
    }

    public async Task RenameAsync(string id, string name, CancellationToken cancel)
    {
        if (id.Length == 0 || name.Length == 0) throw SkeinException.Invalid("Neither old nor new names may be empty");
        var container = containers.Find(id);
        using var held = await HoldAsync(container, cancel);
        var (old, next) = (container.Record.Name, name.TrimStart('/'));
        if (old == next) throw SkeinException.Invalid("Renaming a container with the same name as its current name");
        containers.Reserve("/" + next, container.Id, "Error when allocating new name: ");
        try
        {
            Redefine(container, new(container.Record.Definition) { Name = next });
        }
        catch
        {
            containers.Release(next, container.Id);
            throw;
        }
        containers.Release(old, container.Id);
        Publish(container, "rename", ("oldName", "/" + old));
    }

    public async Task<ContainerDefinition> UpdateAsync(string id, Func<ContainerDefinition, ContainerDefinition> change, CancellationToken cancel)
    {
        var container = containers.Find(id);
        using var held = await HoldAsync(container, cancel);
        if (container.IsLeaving) throw SkeinException.Conflict("container is marked for removal and cannot be \"update\"");
        // Of what it is by now: a rename or a network's coming must not be undone.
        var changed = change(container.Record.Definition.Clone());
        var resources = await RenewResourcesAsync(changed, cancel);
        // One that has ended meanwhile has them at its next start.
        if (container.Running) await AskRunningAsync("update", container, async () => await containerd.Tasks.UpdateAsync(new() { ContainerId = container.Id, Resources = resources }, cancellationToken: cancel));
        Redefine(container, changed);
        Publish(container, "update");
        return changed;
    }

    /// <param name="definition">Its networks count, and nothing else of it.</param>
    public async Task RedefineAsync(ContainerDefinition definition, CancellationToken cancel)
    {
        var container = containers.Find(definition.Id);
        using var held = await HoldAsync(container, cancel);
        Redefine(container, WithNetworksOf(definition, container.Record.Definition));
    }

    /// <summary>Under its gate; what cannot be written has not happened.</summary>
    private void Redefine(ManagedContainer container, ContainerDefinition definition)
    {
        var before = container.Record;
        container.Record = before with { Definition = definition };
        try
        {
            Write(container);
        }
        catch
        {
            container.Record = before;
            throw;
        }
    }

    private static ContainerDefinition WithNetworksOf(ContainerDefinition other, ContainerDefinition definition)
    {
        var changed = definition.Clone();
        changed.Networks.Clear();
        changed.Networks.Add(other.Networks);
        changed.Standalone.Endpoints.Clear();
        changed.Standalone.Endpoints.Add(other.Standalone.Endpoints);
        return changed;
    }

    public async Task NoteLifeAsync(string id, ContainerStanding standing, CancellationToken cancel)
    {
        var container = containers.Find(id);
        using var held = await HoldAsync(container, cancel);
        var (record, status) = (container.Record, container.Record.State.Status);
        if (status is ContainerStatus.Exited or ContainerStatus.Restarting) status = StatusOf(standing);
        if ((record.RestartCount, record.StoppedByUser, record.State.Status, record.EndedUnseen) == (standing.RestartCount, standing.StoppedByUser, status, false)) return;
        Note(container, standing);
        Store(container, container.Record.State with { Status = status });
        // Stopped before its next start: whoever waits for its rest has that.
        if (record.State.Status == ContainerStatus.Restarting && status == ContainerStatus.Exited) container.CompleteExit(record.State.ExitCode);
    }

    public async Task NoteFailedStartAsync(string id, string reason, CancellationToken cancel)
    {
        var container = containers.Find(id);
        using var held = await HoldAsync(container, cancel);
        if (!container.Running) NoteFailure(container, StartFailure.Of(reason));
    }

    public void Govern(Func<string, int, TimeSpan, ContainerStanding?> verdict) => _verdict = verdict;

    private static ContainerStatus StatusOf(ContainerStanding standing) => standing.Restarts ? ContainerStatus.Restarting : ContainerStatus.Exited;

    private static void Note(ManagedContainer container, ContainerStanding standing) =>
        container.Record = container.Record with { RestartCount = standing.RestartCount, StoppedByUser = standing.StoppedByUser, EndedUnseen = false };

    /// <summary>Its owner's word on the end of a run. One who is not there yet finds later that it ended unseen.</summary>
    private ContainerStatus StatusAfter(ManagedContainer container, int exitCode, TimeSpan ran)
    {
        if (_verdict?.Invoke(container.Id, exitCode, ran) is { } standing)
        {
            Note(container, standing);
            return StatusOf(standing);
        }
        container.Record = container.Record with { EndedUnseen = true };
        return ContainerStatus.Exited;
    }

    private static bool IsEnd(ManagedContainer container, uint signal) => signal == Signals.Kill || signal == Signals.Parse(container.StopSignal);

    /// <summary>A frozen process does not see what it is sent, and would never end.</summary>
    private async Task ThawAsync(ManagedContainer container, CancellationToken cancel)
    {
        using var held = await HoldAsync(container, cancel);
        if (container.Record.State.Status != ContainerStatus.Paused) return;
        try
        {
            await containerd.Tasks.ResumeAsync(new() { ContainerId = container.Id }, cancellationToken: cancel);
            container.Record = container.Record with { PausedByDaemon = false };
            Store(container, container.Record.State with { Status = ContainerStatus.Running });
        }
        catch (RpcException error)
        {
            // It may have ended already; if not, the kernel's own kill follows, which thaws by itself.
            LogLeftBehind(container.Id, error.Status.Detail);
        }
    }

    /// <summary>One that was removed meanwhile is not there: written to, it would come back with the next daemon, and its name may be another's by now.</summary>
    private async Task<HeldContainer> HoldAsync(ManagedContainer container, CancellationToken cancel)
    {
        await container.Gate.WaitAsync(cancel);
        if (containers.TryGet(container.Id) == container) return new HeldContainer(container);
        container.Gate.Release();
        throw SkeinException.NotFound($"No such container: {container.Id}");
    }

    /// <returns>false when its process has ended, and nobody has told yet.</returns>
    private async Task<bool> AskRunningAsync(string verb, ManagedContainer container, Func<Task> call)
    {
        try
        {
            await call();
            return true;
        }
        catch (RpcException refused)
        {
            if (await HasEndedAsync(container.Id)) return false;
            throw new SkeinException(KindOf(refused), $"cannot {verb} container {container.Id}: {refused.Status.Detail}", refused);
        }
    }

    private async Task<bool> HasEndedAsync(string id)
    {
        try
        {
            return (await containerd.Tasks.GetAsync(new() { ContainerId = id })).Process.Status == Containerd.TasksApi.Status.Stopped;
        }
        catch (RpcException error)
        {
            return error.StatusCode == StatusCode.NotFound;
        }
    }

    /// <summary>Into the namespaces of others as they are now: theirs are others after each of their starts.</summary>
    private async Task RenewSpecAsync(ManagedContainer container, StandaloneSpec wish, IReadOnlyList<string> linked, CancellationToken cancel)
    {
        if (wish.IpcMode == NamespaceMode.Shareable) sharedMemory.Mount(container.Id, StandaloneSpecs.SizeOf(wish));
        var joined = new Dictionary<string, string>();
        Join("network", "net", wish.NetworkMode);
        Join("pid", "pid", wish.PidMode);
        Join("ipc", "ipc", wish.IpcMode);
        if (joined.Count + wish.Links.Count > 0) await ChangeSpecAsync(container.Id, spec => StandaloneSpecs.Tell(StandaloneSpecs.Join(spec, joined), linked), cancel);

        void Join(string kind, string file, string mode)
        {
            if (NamespaceMode.Container(mode) is not { } id) return;
            var other = containers.Find(id).Record;
            if (other.Id == container.Id) throw SkeinException.Invalid($"cannot join own {kind} namespace");
            if (other.State.Pid == 0)
                throw SkeinException.Conflict($"cannot join {kind} namespace of a non running container: container {other.Name} is {other.State.Status.ToString().ToLowerInvariant()}");
            if (kind == "ipc" && !sharedMemory.IsMounted(other.Id))
                throw SkeinException.Invalid($"container {other.Id}: non-shareable IPC (hint: use IpcMode:shareable for the donor container)");
            joined[kind] = $"/proc/{other.State.Pid}/ns/{file}";
        }
    }

    private async Task<Google.Protobuf.WellKnownTypes.Any> RenewResourcesAsync(ContainerDefinition definition, CancellationToken cancel)
    {
        var resources = StandaloneSpecs.Resources(specs.Resources(definition.Resources, access.Of(definition)), definition.Standalone.Limits ?? new(), Cgroups);
        await ChangeSpecAsync(definition.Id, spec => spec with { Linux = spec.Linux with { Resources = resources } }, cancel);
        return new() { TypeUrl = ResourcesType, Value = UnsafeByteOperations.UnsafeWrap(JsonSerializer.SerializeToUtf8Bytes(resources, OciJson.Default.OciResources)) };
    }

    private async Task ChangeSpecAsync(string id, Func<OciSpec, OciSpec> change, CancellationToken cancel)
    {
        var found = (await containerd.Containers.GetAsync(new() { Id = id }, cancellationToken: cancel)).Container;
        var spec = change(JsonSerializer.Deserialize(found.Spec.Value.Span, OciJson.Default.OciSpec)!);
        found.Spec.Value = UnsafeByteOperations.UnsafeWrap(JsonSerializer.SerializeToUtf8Bytes(spec, OciJson.Default.OciSpec));
        await containerd.Containers.UpdateAsync(new() { Container = found, UpdateMask = new() { Paths = { "spec" } } }, cancellationToken: cancel);
    }
}
