using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Skein.Agent.Containerd;
using Skein.Agent.Containerd.ImagesApi;
using Skein.Agent.Containerd.Types;
using Skein.Model;

namespace Skein.Agent.Images.Content;

/// <summary>
/// Brings an image's blobs into containerd and unpacks them, under a lease that keeps the unfinished from garbage
/// collection.
/// </summary>
internal sealed class ImageInstaller(
    ContainerdClient containerd, ContentStore content, LayerUnpacker unpacker, InstallLeases leases, TransferSlots downloads, TimeProvider time)
{
    private const int TriesPerBlob = 5;
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(500);

    private readonly SharedWork<string, bool> _fetching = new();

    /// <param name="name">One that the image shall get; several that install it share what has come.</param>
    /// <param name="giveNames">Called when all of it is here; from then on its names hold it.</param>
    public async Task InstallAsync(
        ImageContent image, string name, IBlobSource source, IProgress<ImageProgress>? progress, Func<CancellationToken, Task> giveNames, CancellationToken cancel)
    {
        var lease = await leases.BeginAsync(name, cancel);
        var release = false;
        try
        {
            await InstallPartsAsync(image, lease, source, progress, cancel);
            await giveNames(cancel);
            release = true;
        }
        catch (Exception error) when (IsOutOfSpace(error))
        {
            // What came of an image that does not fit must not keep the disk full until the lease ends.
            release = true;
            throw;
        }
        finally
        {
            await leases.EndAsync(lease, release);
        }
    }

    /// <summary>containerd hands the kernel's words on in any of its codes.</summary>
    private static bool IsOutOfSpace(Exception error) => error.Message.Contains("no space left on device", StringComparison.OrdinalIgnoreCase);

    /// <summary>Points a name at content that is here; the name may have pointed elsewhere.</summary>
    public async Task NameAsync(string name, OciDescriptor target, CancellationToken cancel)
    {
        var image = new Image
        {
            Name = name,
            Target = new BlobDescriptor { MediaType = target.MediaType, Digest = target.Digest, Size = target.Size },
            CreatedAt = Timestamp.FromDateTimeOffset(time.GetUtcNow()),
            UpdatedAt = Timestamp.FromDateTimeOffset(time.GetUtcNow()),
        };
        try
        {
            await containerd.Images.CreateAsync(new CreateImageRequest { Image = image }, cancellationToken: cancel);
        }
        catch (RpcException error) when (error.StatusCode == StatusCode.AlreadyExists)
        {
            await containerd.Images.UpdateAsync(
                new UpdateImageRequest { Image = image, UpdateMask = new FieldMask { Paths = { "target" } } }, cancellationToken: cancel);
        }
    }

    private async Task InstallPartsAsync(
        ImageContent image, string lease, IBlobSource source, IProgress<ImageProgress>? progress, CancellationToken cancel)
    {
        var manifest = ImageJson.ReadManifest(image.ManifestBytes, image.Manifest.Digest);
        if (manifest.IsIndex) throw SkeinException.Invalid($"{image.Target.Digest}: an index in an index, which is no image");
        if (manifest.Layers!.Prepend(manifest.Config!).Any(part => !ContentDigest.IsOne(part.Digest))) throw SkeinException.Invalid($"{image.Manifest.Digest}: invalid checksum digest format");
        var configBytes = await content.TryReadAsync(manifest.Config!.Digest, cancel) ?? await source.ReadAsync(manifest.Config, cancel);
        var diffIds = ImageJson.ReadConfig(configBytes, manifest.Config.Digest).RootFs?.DiffIds ?? [];
        if (diffIds.Count != manifest.Layers!.Count)
            throw new SkeinException(ErrorKind.Internal, $"{image.Manifest.Digest}: {manifest.Layers.Count} layers, but the config names {diffIds.Count}");

        await InstallLayersAsync(manifest.Layers, diffIds, lease, source, progress, cancel);
        await PutAsync(manifest.Config, configBytes, GcLabels.OfConfig(ChainId.Of(diffIds)), lease, cancel);
        await PutAsync(image.Manifest, image.ManifestBytes, GcLabels.OfManifest(manifest), lease, cancel);
        if (image.IndexBytes is not null) await PutAsync(image.Target, image.IndexBytes, GcLabels.OfIndex(image.Manifest), lease, cancel);
    }

    private async Task InstallLayersAsync(
        List<OciDescriptor> layers, List<string> diffIds, string lease, IBlobSource source, IProgress<ImageProgress>? progress, CancellationToken cancel)
    {
        foreach (var layer in layers) progress?.Report(new ImageProgress(layer.Short, "Pulling fs layer", null, null));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var fetches = layers.Select(layer => FetchLayerAsync(layer, lease, source, progress, stop.Token)).ToList();
        try
        {
            var chain = "";
            for (var i = 0; i < layers.Count; i++)
            {
                var came = await fetches[i];
                progress?.Report(new ImageProgress(layers[i].Short, "Extracting", layers[i].Size, layers[i].Size));
                await unpacker.UnpackAsync(layers[i], chain, diffIds[i], lease, cancel);
                chain = ChainId.Extend(chain, diffIds[i]);
                progress?.Report(new ImageProgress(layers[i].Short, came ? "Pull complete" : "Already exists", null, null));
            }
        }
        finally
        {
            await stop.CancelAsync();
            // Their errors are told by the one that was awaited.
            await Task.WhenAll(fetches).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    /// <returns>false when it was here already.</returns>
    private async Task<bool> FetchLayerAsync(
        OciDescriptor layer, string lease, IBlobSource source, IProgress<ImageProgress>? progress, CancellationToken cancel)
    {
        if (await KeepAsync(layer.Digest, GcLabels.None, lease, cancel)) return false;
        await _fetching.RunAsync(layer.Digest, (shown, token) => DownloadAsync(layer, lease, source, shown, token), progress, cancel);
        progress?.Report(new ImageProgress(layer.Short, "Download complete", null, null));
        return true;
    }

    private async Task<bool> DownloadAsync(
        OciDescriptor layer, string lease, IBlobSource source, IProgress<ImageProgress> progress, CancellationToken cancel)
    {
        using var slot = await downloads.TakeAsync(source.Origin, cancel);
        var leased = new ContentStore(containerd.WithLease(lease));
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await leased.WriteAsync(layer, source.Labels, (offset, token) => source.OpenAsync(layer, offset, token),
                    written => progress.Report(new ImageProgress(layer.Short, "Downloading", written, layer.Size)), cancel);
                return true;
            }
            catch (Exception error) when (error is IOException or HttpRequestException && attempt < TriesPerBlob)
            {
                // The connection broke on the way: go on from the byte where it did.
                await Task.Delay(RetryDelay * attempt, time, cancel);
            }
        }
    }

    private async Task PutAsync(
        OciDescriptor blob, byte[] bytes, IReadOnlyDictionary<string, string> labels, string lease, CancellationToken cancel)
    {
        if (await KeepAsync(blob.Digest, labels, lease, cancel)) return;
        // containerd locks a blob while it is written: two pulls of one image by two names take turns.
        await _fetching.RunAsync(blob.Digest, async (_, token) =>
        {
            await new ContentStore(containerd.WithLease(lease)).WriteAsync(blob, bytes, labels, token);
            return true;
        }, null, cancel);
    }

    /// <returns>false when the blob is not here; the lease holds it as soon as it is.</returns>
    private async Task<bool> KeepAsync(string digest, IReadOnlyDictionary<string, string> labels, string lease, CancellationToken cancel)
    {
        await leases.HoldAsync(lease, "content", digest, cancel);
        if (await content.FindAsync(digest, cancel) is not { } present) return false;
        await content.LabelAsync(present, labels, cancel);
        return true;
    }
}
