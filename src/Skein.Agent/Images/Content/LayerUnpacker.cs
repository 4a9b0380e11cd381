using Grpc.Core;
using Skein.Agent.Containerd;
using Skein.Agent.Containerd.DiffApi;
using Skein.Agent.Containerd.SnapshotsApi;
using Skein.Agent.Containerd.Types;
using Skein.Model;
using Mount = Skein.Agent.Containerd.Types.Mount;

namespace Skein.Agent.Images.Content;

/// <summary>Makes committed snapshots of layers, each named by the chain id that ends in it.</summary>
internal sealed class LayerUnpacker(ContainerdClient containerd, InstallLeases leases)
{
    private readonly SharedWork<string, bool> _unpacking = new();

    /// <summary>Unpacks a layer, whose blob is here, on its parent; at once when that was done before.</summary>
    public async Task UnpackAsync(OciDescriptor layer, string parent, string diffId, string lease, CancellationToken cancel)
    {
        var chain = ChainId.Extend(parent, diffId);
        await leases.HoldAsync(lease, $"snapshots/{ContainerdClient.Snapshotter}", chain, cancel);
        await _unpacking.RunAsync(chain, (_, token) => UnpackOnceAsync(layer, parent, chain, diffId, lease, token), null, cancel);
    }

    public async Task<bool> IsUnpackedAsync(string chain, CancellationToken cancel)
    {
        try
        {
            var stat = new StatSnapshotRequest { Snapshotter = ContainerdClient.Snapshotter, Key = chain };
            return (await containerd.Snapshots.StatAsync(stat, cancellationToken: cancel)).Info.Kind == Kind.Committed;
        }
        catch (RpcException error) when (error.StatusCode == StatusCode.NotFound)
        {
            return false;
        }
    }

    /// <summary>Bytes on disk of each layer, from the lowest up to the first that is not unpacked here.</summary>
    public async Task<IReadOnlyList<long>> SizesAsync(IEnumerable<string> diffIds, CancellationToken cancel)
    {
        var sizes = new List<long>();
        var chain = "";
        foreach (var diffId in diffIds)
        {
            chain = ChainId.Extend(chain, diffId);
            try
            {
                var usage = new UsageRequest { Snapshotter = ContainerdClient.Snapshotter, Key = chain };
                sizes.Add((await containerd.Snapshots.UsageAsync(usage, cancellationToken: cancel)).Size);
            }
            catch (RpcException error) when (error.StatusCode == StatusCode.NotFound)
            {
                break;
            }
        }
        return sizes;
    }

    /// <returns>false when it was unpacked already.</returns>
    private async Task<bool> UnpackOnceAsync(OciDescriptor layer, string parent, string chain, string diffId, string lease, CancellationToken cancel)
    {
        if (await IsUnpackedAsync(chain, cancel)) return false;
        var key = $"skein-extract {chain}";
        var leased = containerd.WithLease(lease);
        var mounts = await PrepareAsync(leased, key, parent, cancel);
        try
        {
            await ApplyAsync(leased, layer, mounts, diffId, cancel);
            await CommitAsync(leased, key, chain, cancel);
            return true;
        }
        catch
        {
            await RemoveAsync(key);
            throw;
        }
    }

    private async Task<IReadOnlyList<Mount>> PrepareAsync(ContainerdClient leased, string key, string parent, CancellationToken cancel)
    {
        var request = new PrepareSnapshotRequest { Snapshotter = ContainerdClient.Snapshotter, Key = key, Parent = parent };
        try
        {
            return (await leased.Snapshots.PrepareAsync(request, cancellationToken: cancel)).Mounts;
        }
        catch (RpcException error) when (error.StatusCode == StatusCode.AlreadyExists)
        {
            // Left by a daemon that ended in the middle of a layer.
            await RemoveAsync(key);
            return (await leased.Snapshots.PrepareAsync(request, cancellationToken: cancel)).Mounts;
        }
    }

    private static async Task ApplyAsync(
        ContainerdClient leased, OciDescriptor layer, IReadOnlyList<Mount> mounts, string diffId, CancellationToken cancel)
    {
        var apply = new ApplyRequest
        {
            Diff = new BlobDescriptor { MediaType = layer.MediaType, Digest = layer.Digest, Size = layer.Size },
            Mounts = { mounts },
        };
        ApplyResponse applied;
        try
        {
            applied = await leased.Diff.ApplyAsync(apply, cancellationToken: cancel);
        }
        catch (RpcException error) when (error.StatusCode is not (StatusCode.Cancelled or StatusCode.Unavailable))
        {
            throw new SkeinException(ErrorKind.Internal, $"failed to register layer: {error.Status.Detail}", error);
        }
        if (applied.Applied.Digest != diffId)
            throw new SkeinException(ErrorKind.Internal, $"layer {layer.Digest} unpacks to {applied.Applied.Digest}, but the image's config says {diffId}");
    }

    private static async Task CommitAsync(ContainerdClient leased, string key, string chain, CancellationToken cancel)
    {
        try
        {
            await leased.Snapshots.CommitAsync(
                new CommitSnapshotRequest { Snapshotter = ContainerdClient.Snapshotter, Key = key, Name = chain }, cancellationToken: cancel);
        }
        catch (RpcException error) when (error.StatusCode == StatusCode.Cancelled)
        {
            throw new OperationCanceledException(error.Message, error, cancel);
        }
    }

    private async Task RemoveAsync(string key)
    {
        try
        {
            await containerd.Snapshots.RemoveAsync(
                new RemoveSnapshotRequest { Snapshotter = ContainerdClient.Snapshotter, Key = key }, cancellationToken: CancellationToken.None);
        }
        catch (RpcException)
        {
            // Gone already, or containerd is: garbage collection takes it with the lease.
        }
    }
}
