using Grpc.Core;
using Skein.Agent.Images.Registry;
using Skein.Model;

namespace Skein.Agent.Images.Content;

/// <summary>Brings an image to a registry: the blobs that it lacks, several at a time, and then the documents that name them.</summary>
internal sealed class ImagePusher(ContentStore content, RegistryClient registry, TransferSlots uploads, TimeProvider time)
{
    // Docker's: five tries of each layer, 5 s after the first, 10 s after the second and so on.
    private const int Tries = 5;
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RetryDelayMax = TimeSpan.FromSeconds(60);

    // How many other repositories a registry is asked to take a blob over from.
    private const int MountsMax = 3;

    /// <summary>One part of a larger layer. It goes through memory piece by piece, so this bounds only what is sent again.</summary>
    public long PartSize { get; init; } = 512 << 20;

    /// <returns>What the name leads to at the registry: the image as it is here, or the part of it that is.</returns>
    public async Task<OciDescriptor> PushAsync(
        ImageReference reference, OciDescriptor image, ImagePlatform? platform, RegistryAuth? auth, IProgress<ImageProgress> progress, CancellationToken cancel)
    {
        var target = new PushTarget(await registry.ReachAsync(reference.Domain, cancel), reference.Path, auth);
        var plan = await PlanAsync(target, reference, image, platform, cancel);
        await SendBlobsAsync(target, reference.Domain, plan.Blobs, progress, cancel);
        foreach (var document in plan.Documents)
        {
            var key = document.Descriptor == plan.Target ? reference.Tag : document.Descriptor.Digest;
            await RetryAsync(
                "", token => registry.PutManifestAsync(target, key, document.Descriptor.MediaType, document.Bytes, token), IsPassing, progress, cancel);
        }
        if (plan.Target.Digest != image.Digest && platform is null)
            progress.Report(new ImageProgress("", "", null, null) { Note = new PushNote.ManifestInsteadOfIndex(image.ToModel(), plan.Target.ToModel()) });
        return plan.Target;
    }

    private async Task<PushPlan> PlanAsync(PushTarget target, ImageReference reference, OciDescriptor image, ImagePlatform? platform, CancellationToken cancel)
    {
        var planner = new PushPlanner(
            document => content.TryReadAsync(document.Digest, cancel),
            async blob => await content.FindAsync(blob.Digest, cancel) is not null,
            manifest => registry.HasAsync(target, $"manifests/{manifest.Digest}", cancel));
        return (platform is null ? await planner.TryPlanAsync(image) : null) ?? await planner.PlanOneAsync(image, platform, reference.Familiar);
    }

    private async Task SendBlobsAsync(PushTarget target, string domain, IReadOnlyList<OciDescriptor> blobs, IProgress<ImageProgress> progress, CancellationToken cancel)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        foreach (var blob in blobs) Tell(progress, blob, "Preparing");
        var sending = blobs.Select(blob => SendBlobAsync(target, domain, blob, progress, stop.Token)).ToList();
        try
        {
            await foreach (var sent in Task.WhenEach(sending)) await sent;
        }
        finally
        {
            await stop.CancelAsync();
            // Their errors are told by the first that failed.
            await Task.WhenAll(sending).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    private async Task SendBlobAsync(PushTarget target, string domain, OciDescriptor blob, IProgress<ImageProgress> progress, CancellationToken cancel)
    {
        var slot = uploads.TakeAsync(domain, cancel);
        if (!slot.IsCompleted) Tell(progress, blob, "Waiting");
        using (await slot)
        {
            var upload = new BlobUpload(registry, target, blob, (offset, count, token) => content.ReadAsync(blob.Digest, offset, count, token), PartSize);
            await RetryAsync(blob.Short, token => SendOnceAsync(target, domain, blob, upload, progress, token), upload.MayPass, progress, cancel);
        }
        if (await content.FindAsync(blob.Digest, cancel) is { } here) await NoteSourceAsync(here, domain, target.Repository, cancel);
    }

    private async Task SendOnceAsync(
        PushTarget target, string domain, OciDescriptor blob, BlobUpload upload, IProgress<ImageProgress> progress, CancellationToken cancel)
    {
        if (await registry.HasAsync(target, $"blobs/{blob.Digest}", cancel))
        {
            Tell(progress, blob, "Layer already exists");
            return;
        }
        if (await upload.TryMountAsync(await SourcesAsync(target, domain, blob, cancel), cancel) is { } from)
        {
            Tell(progress, blob, $"Mounted from {from}");
            return;
        }
        await upload.SendAsync(sent => progress.Report(new ImageProgress(blob.Short, "Pushing", sent, blob.Size)), cancel);
        Tell(progress, blob, "Pushed");
    }

    /// <summary>Other repositories of the registry that have it, as far as is known here.</summary>
    private async Task<IReadOnlyList<string>> SourcesAsync(PushTarget target, string domain, OciDescriptor blob, CancellationToken cancel) =>
        await content.FindAsync(blob.Digest, cancel) is { } here
            ? [.. DistributionSource.In(here.Labels, domain).Where(source => source != target.Repository).Take(MountsMax)]
            : [];

    private async Task NoteSourceAsync(Containerd.ContentApi.Info here, string domain, string repository, CancellationToken cancel)
    {
        try
        {
            await content.LabelAsync(here, new Dictionary<string, string>([DistributionSource.With(here.Labels, domain, repository)]), cancel);
        }
        catch (RpcException error) when (error.StatusCode == StatusCode.NotFound)
        {
            // Removed meanwhile.
        }
    }

    /// <param name="id">Of the layer, for the user; empty where nothing is shown.</param>
    private async Task RetryAsync(string id, Func<CancellationToken, Task> work, Func<Exception, bool> mayPass, IProgress<ImageProgress> progress, CancellationToken cancel)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await work(cancel);
                return;
            }
            catch (Exception error) when (error is RegistryException or RegistryUnreachableException && (attempt == Tries || !mayPass(error)))
            {
                throw new SkeinException(ErrorKind.Internal, error.Message, error);
            }
            catch (Exception error) when (error is RegistryException or RegistryUnreachableException)
            {
                await PauseAsync(id, DelayAfter(error, attempt), progress, cancel);
            }
        }
    }

    private static TimeSpan DelayAfter(Exception error, int attempt)
    {
        var wanted = error is RegistryException { RetryAfter: var wait } ? wait : TimeSpan.Zero;
        var own = RetryDelay * attempt;
        return wanted <= own ? own : wanted < RetryDelayMax ? wanted : RetryDelayMax;
    }

    private async Task PauseAsync(string id, TimeSpan delay, IProgress<ImageProgress> progress, CancellationToken cancel)
    {
        for (var left = (int)Math.Ceiling(delay.TotalSeconds); left > 0; left--)
        {
            if (id.Length > 0) progress.Report(new ImageProgress(id, $"Retrying in {left} second{(left == 1 ? "" : "s")}", null, null));
            await Task.Delay(TimeSpan.FromSeconds(1), time, cancel);
        }
    }

    private static bool IsPassing(Exception error) => error is RegistryUnreachableException or RegistryException { Status: >= 500 or 429 };

    // Docker shows layers; a config is gone before anybody has read its name.
    private static void Tell(IProgress<ImageProgress> progress, OciDescriptor blob, string status)
    {
        if (!MediaTypes.IsConfig(blob.MediaType)) progress.Report(new ImageProgress(blob.Short, status, null, null));
    }
}
