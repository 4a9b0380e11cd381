using Skein.Agent.Images.Content;
using Skein.Model;

namespace Skein.Agent.Images;

public sealed partial class ImageStore
{
    public async Task PushAsync(string name, ImagePlatform? platform, RegistryAuth? auth, IProgress<ImageProgress> progress, CancellationToken cancel)
    {
        await OpenAsync(cancel);
        var reference = ImageReference.Parse(name);
        Say(progress, $"The push refers to repository [{reference.Repository}]");
        if (reference.Digest.Length > 0) throw SkeinException.Invalid("cannot push a digest reference");
        var tags = _catalogue.TagsOf(reference, all: ImageReference.IsBare(name));
        foreach (var tag in tags) await PushTagAsync(tag, platform, auth, progress, cancel);
    }

    private async Task PushTagAsync(CatalogueEntry entry, ImagePlatform? platform, RegistryAuth? auth, IProgress<ImageProgress> progress, CancellationToken cancel)
    {
        var (began, reference) = (_time.GetTimestamp(), entry.Reference!);
        // It may lose its name meanwhile: what is sent is held until it is sent.
        var lease = await _leases.BeginAsync($"push {entry.Name}", cancel);
        try
        {
            await _leases.HoldAsync(lease, "content", entry.Target.Digest, cancel);
            var pushed = await _pusher.PushAsync(reference, entry.Target, platform, auth, progress, cancel);
            Say(progress, $"{reference.Tag}: digest: {pushed.Digest} size: {pushed.Size}");
            progress.Report(new ImageProgress("", "", null, null) { Note = new PushNote.Pushed(reference.Tag, pushed.Digest, pushed.Size) });
            LogPushed(reference.Familiar, pushed.Digest, _time.GetElapsedTime(began));
        }
        finally
        {
            await _leases.EndAsync(lease, release: true);
        }
    }

    private static void Say(IProgress<ImageProgress> progress, string status) => progress.Report(new ImageProgress("", status, null, null));
}
