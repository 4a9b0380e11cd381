using System.Globalization;
using System.Text.Json;
using Google.Protobuf;
using Grpc.Core;
using Skein.Agent.Containerd;
using Skein.Agent.Containerd.ContainersApi;
using Skein.Agent.Containers.Oci;
using Skein.Agent.Containers.Processes;
using Skein.Agent.Containers.Volumes;
using Skein.Agent.Images;
using Skein.Model;

namespace Skein.Agent.Containers;

public sealed partial class ContainerEngine
{
    private const string Runtime = "io.containerd.runc.v2";
    private const string SpecType = "types.containerd.io/opencontainers/runtime-spec/1/Spec";
    private const string ProcessType = "types.containerd.io/opencontainers/runtime-spec/1/Process";

    // Bears the container's id, on its snapshot: so that a fresh daemon finds what a dying one left behind.
    private const string OwnerLabel = "skein.container";

    public async Task<ContainerRecord> CreateAsync(ContainerDefinition definition, CancellationToken cancel)
    {
        definition = Complete(definition);
        if (definition.Spec.Dir is { Length: > 0 } folder && folder[0] != '/')
            throw SkeinException.Invalid($"the working directory '{folder}' is invalid, it needs to be an absolute path");
        var image = images.Find(definition.Spec.Image, ImagePlatform.From(definition.Standalone?.Platform ?? ""));
        definition.Spec = VolumeContent.WithDeclared(definition.Spec, image.Config.Volumes);
        OciSpecBuilder.Command(definition.Spec, image.Config);
        // Before anything is made: it may be refused.
        var granted = access.Of(definition);
        var stopSignal = StopSignal(definition, image);
        containers.Reserve(definition.Name, definition.Id);
        try
        {
            return await MakeAsync(definition, image, stopSignal, granted, cancel);
        }
        catch (Exception error)
        {
            try
            {
                await UnmakeAsync(definition);
            }
            finally
            {
                // Until then it is under way, and no sweep's.
                containers.Release(definition.Name, definition.Id);
            }
            if (error is RpcException refused)
                throw new SkeinException(KindOf(refused), $"failed to create container: {refused.Status.Detail}", refused);
            throw;
        }
    }

    private async Task<ContainerRecord> MakeAsync(
        ContainerDefinition definition, ImageRecord image, string stopSignal, OciAccess? granted, CancellationToken cancel)
    {
        records.Begin(definition, time.GetUtcNow());
        var userMounts = mounts.Resolve(definition.Id, definition.Spec.Mounts);
        await volumes.TakeAsync(definition.Id, definition.Spec.Mounts, cancel);
        var prepared = await containerd.Snapshots.PrepareAsync(
            new()
            {
                Snapshotter = ContainerdClient.Snapshotter,
                Key = definition.Id,
                Parent = ChainId.Of(image.Layers),
                // A root of the garbage collection: no lease is needed until the container object refers to it.
                Labels = { ["containerd.io/gc.root"] = time.GetUtcNow().ToString("O", CultureInfo.InvariantCulture), [OwnerLabel] = definition.Id },
            },
            cancellationToken: cancel);
        var layers = RootLayers.Of(prepared.Mounts[0].Type, prepared.Mounts[0].Source, prepared.Mounts[0].Options);
        await ViewImagesAsync(definition, cancel);
        var plain = VolumeFolders.In(definition.Spec.Mounts).Where(mount => !volumes.Find(VolumeFolders.NameOf(definition.Id, mount)).IsDevice);
        await volumeContent.FillAsync(definition.Id, plain, layers, cancel);
        var user = ResolveUser(definition.Spec, image.Config, layers);
        var profile = definition.Spec.Privileges?.AppArmor?.Mode == AppArmorMode.Disabled ? null : await appArmor.EnsureAsync(cancel);
        var spec = specs.Build(definition, image.Config, user, WithMemoryFiles(userMounts, definition), profile, granted);
        if (definition.Standalone is not null) spec = StandaloneSpecs.Apply(spec, definition, Cgroups, sharedMemory.PathOf);
        await containerd.Containers.CreateAsync(
            new()
            {
                Container = new Container
                {
                    Id = definition.Id,
                    Image = definition.Spec.Image,
                    Runtime = new Container.Types.Runtime { Name = Runtime },
                    Snapshotter = ContainerdClient.Snapshotter,
                    SnapshotKey = definition.Id,
                    Spec = new() { TypeUrl = SpecType, Value = UnsafeByteOperations.UnsafeWrap(JsonSerializer.SerializeToUtf8Bytes(spec, OciJson.Default.OciSpec)) },
                },
            },
            cancellationToken: cancel);
        var container = Manage(new ContainerRecord(definition, ContainerState.New, time.GetUtcNow()) { ImageId = image.Id, AppArmorProfile = profile ?? "" }, prepared.Mounts, stopSignal);
        Write(container);
        containers.Add(container);
        Publish(container, "create");
        return container.Record;
    }

    private IReadOnlyList<OciMount> WithMemoryFiles(IReadOnlyList<OciMount> userMounts, ContainerDefinition definition)
    {
        var all = userMounts.ToList();
        foreach (var file in memoryFiles.Mounts(definition.Id, definition.Spec))
        {
            if (all.Exists(other => other.Destination == file.Destination)) throw SkeinException.Invalid($"Duplicate mount point: {file.Destination}");
            all.Add(file);
        }
        return all;
    }

    private async Task UnmakeAsync(ContainerDefinition definition)
    {
        try
        {
            await RemoveFromContainerdAsync(definition.Id, definition.Spec.Mounts);
        }
        catch (RpcException error)
        {
            // The next sweep removes what has no record.
            LogLeftBehind(definition.Id, error.Status.Detail);
        }
        await volumes.ReleaseAsync(definition.Id, definition.Spec.Mounts, withUnnamed: true);
        records.Delete(definition.Id);
    }

    /// <param name="mounts">null when nobody knows which it had.</param>
    /// <returns>false when nothing of it was there.</returns>
    private async Task<bool> RemoveFromContainerdAsync(string id, IReadOnlyList<Mount>? mounts) =>
        await IgnoreMissingAsync(async () => await containerd.Containers.DeleteAsync(new() { Id = id }))
        | await IgnoreMissingAsync(async () => await containerd.Snapshots.RemoveAsync(new() { Snapshotter = ContainerdClient.Snapshotter, Key = id }))
        | await RemoveViewsAsync(id, mounts);

    private ContainerDefinition Complete(ContainerDefinition definition)
    {
        var id = definition.Id.Length > 0 ? definition.Id : ids.NewContainerId();
        return new ContainerDefinition(definition)
        {
            Id = id,
            Name = definition.Name.Length > 0 ? definition.Name.TrimStart('/') : id[..12],
            Hostname = definition.Hostname.Length > 0 ? definition.Hostname : id[..12],
        };
    }

    private static string StopSignal(ContainerDefinition definition, ImageRecord image)
    {
        var signal = definition.Spec.StopSignal.Length > 0 ? definition.Spec.StopSignal : image.Config.StopSignal;
        if (string.IsNullOrEmpty(signal))
            return "SIGTERM";
        Signals.Parse(signal);
        return signal;
    }

    private static OciUser ResolveUser(ContainerSpec spec, ImageConfig image, RootLayers layers)
    {
        var user = spec.User.Length > 0 ? spec.User : image.User;
        return new UserDatabase(layers.ReadText("etc/passwd"), layers.ReadText("etc/group")).Resolve(user, spec.Groups);
    }
}
