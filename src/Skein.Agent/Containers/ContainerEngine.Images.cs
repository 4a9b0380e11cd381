using System.Globalization;
using Grpc.Core;
using Skein.Agent.Containerd;
using Skein.Agent.Containers.Mounts;
using Skein.Agent.Containers.Oci;
using Skein.Agent.Images;
using Skein.Model;

namespace Skein.Agent.Containers;

/// <summary>Images that a container mounts: a read-only snapshot of each keeps its layers for as long as the container is there, as Docker's does.</summary>
public sealed partial class ContainerEngine
{
    private async Task ViewImagesAsync(ContainerDefinition definition, CancellationToken cancel)
    {
        for (var i = 0; i < definition.Spec.Mounts.Count; i++)
        {
            if (definition.Spec.Mounts[i] is not { Type: "image" } mount) continue;
            await containerd.Snapshots.ViewAsync(
                new()
                {
                    Snapshotter = ContainerdClient.Snapshotter,
                    Key = ViewKey(definition.Id, i),
                    Parent = ChainId.Of(images.Find(mount.Source).Layers),
                    Labels = { ["containerd.io/gc.root"] = time.GetUtcNow().ToString("O", CultureInfo.InvariantCulture), [OwnerLabel] = definition.Id },
                },
                cancellationToken: cancel);
        }
    }

    private async Task<IDisposable?> StageAsync(ContainerDefinition definition, CancellationToken cancel)
    {
        if (!definition.Spec.Mounts.Any(StagedMounts.Concerns)) return null;
        var layers = new Dictionary<int, RootLayers>();
        for (var i = 0; i < definition.Spec.Mounts.Count; i++)
        {
            if (definition.Spec.Mounts[i].Type != "image") continue;
            var view = await containerd.Snapshots.MountsAsync(new() { Snapshotter = ContainerdClient.Snapshotter, Key = ViewKey(definition.Id, i) }, cancellationToken: cancel);
            layers[i] = RootLayers.Of(view.Mounts[0].Type, view.Mounts[0].Source, view.Mounts[0].Options);
        }
        return await Task.Run(() => staged.Stage(definition.Id, definition.Spec.Mounts, i => layers[i]), cancel);
    }

    /// <returns>false when there was none.</returns>
    private async Task<bool> RemoveViewsAsync(string id, IReadOnlyList<Mount>? mounts)
    {
        var keys = mounts is null ? await OwnedViewsAsync(id) : [.. Enumerable.Range(0, mounts.Count).Where(i => mounts[i].Type == "image").Select(i => ViewKey(id, i))];
        var removed = false;
        foreach (var key in keys) removed |= await IgnoreMissingAsync(async () => await containerd.Snapshots.RemoveAsync(new() { Snapshotter = ContainerdClient.Snapshotter, Key = key }));
        return removed;
    }

    private async Task<List<string>> OwnedViewsAsync(string id)
    {
        using var owned = containerd.Snapshots.List(new() { Snapshotter = ContainerdClient.Snapshotter, Filters = { $"labels.\"{OwnerLabel}\"==\"{id}\"" } });
        var keys = new List<string>();
        await foreach (var batch in owned.ResponseStream.ReadAllAsync()) keys.AddRange(batch.Info.Select(info => info.Name).Where(name => name != id));
        return keys;
    }

    private static string ViewKey(string id, int mount) => string.Create(CultureInfo.InvariantCulture, $"{id}-image-{mount}");
}
