using Skein.Agent.Images;
using Skein.Api.Http;
using Skein.Model;

namespace Skein.Api.Images;

/// <summary>Images that come and go: pull and push, load and save.</summary>
internal sealed class ImageTransfers(IImageStore images, ImageNews news)
{
    /// <summary>POST /images/create is of both.</summary>
    public Task CreateAsync(HttpContext context) =>
        context.Query("fromImage").Length > 0 ? PullAsync(context) : new ImageImport(images, news).RunAsync(context);

    private async Task PullAsync(HttpContext context)
    {
        var reference = RequestedImage.Of(context.Query("fromImage"), context.Query("tag"));
        var parsed = ImageReference.Parse(reference);
        var platform = RequestedPlatform.Parse(context.Query("platform"));
        var auth = context.RegistryAuth();
        await ProgressLines.RunAsync(context, async progress =>
        {
            if (ImageReference.IsBare(reference))
            {
                await images.PullAllAsync(reference, platform, auth, progress, context.RequestAborted);
                news.Happened("pull", parsed.FamiliarName, parsed.FamiliarName, null);
                return;
            }
            var image = await images.PullAsync(reference, platform, auth, progress, context.RequestAborted);
            news.TransferDone("pull", parsed, image);
        });
    }

    /// <summary>Without a tag all of that name go.</summary>
    public async Task PushAsync(HttpContext context, string name)
    {
        var tag = context.Query("tag");
        var pushed = tag.Length > 0 ? RequestedImage.NewName(name, tag) : name;
        var reference = ImageReference.Parse(pushed);
        var platform = context.Version().CompareTo(ApiVersion.WithPushPlatform) < 0 ? null : RequestedPlatform.Parse(context.Query("platform"));
        var auth = context.RegistryAuth();
        await ProgressLines.RunAsync(context, async progress =>
        {
            await images.PushAsync(pushed, platform, auth, new Heard(progress, note => Tell(reference, note)), context.RequestAborted);
        });
    }

    public async Task LoadAsync(HttpContext context)
    {
        var platform = RequestedPlatform.One(context);
        context.Response.ContentType = ErrorResponse.ContentType;
        if (await TryLoadAsync(context, platform) is not { } loaded) return;
        foreach (var reference in loaded)
        {
            var image = images.Find(reference);
            news.Happened("load", image.Id, image.Id, image);
            await context.JsonLineAsync(new ProgressJson { Stream = $"Loaded image{(reference.StartsWith("sha256:", StringComparison.Ordinal) ? " ID" : "")}: {reference}\n" }, ImagesJson.Default.ProgressJson);
        }
    }

    public async Task SaveAsync(HttpContext context, IReadOnlyList<string> names)
    {
        var platform = RequestedPlatform.One(context);
        context.Response.ContentType = "application/x-tar";
        await images.SaveAsync(names, platform, context.Response.Body, context.RequestAborted);
        foreach (var image in names.Select(images.Find).DistinctBy(image => image.Id)) news.Happened("save", image.Id, image.Id, image);
    }

    /// <summary>Of several tags each is told of as it is there.</summary>
    private void Tell(ImageReference reference, PushNote note)
    {
        if (note is not PushNote.Pushed pushed) return;
        var tag = reference with { Tag = pushed.Tag };
        news.TransferDone("push", tag, images.TryFind(tag.Familiar));
    }

    /// <summary>Docker has sent its status before it looks at the archive: what is wrong with it is a line of the answer.</summary>
    private async Task<IReadOnlyList<string>?> TryLoadAsync(HttpContext context, ImagePlatform? platform)
    {
        try
        {
            return await images.LoadAsync(context.Request.Body, platform, context.RequestAborted);
        }
        catch (Exception error) when (!context.RequestAborted.IsCancellationRequested)
        {
            await context.JsonLineAsync(ProgressJson.Failed(ErrorResponse.MessageOf(error)), ImagesJson.Default.ProgressJson);
            return null;
        }
    }

    private sealed class Heard(IProgress<ImageProgress> further, Action<PushNote> tell) : IProgress<ImageProgress>
    {
        public void Report(ImageProgress value)
        {
            if (value.Note is { } note) tell(note);
            further.Report(value);
        }
    }
}
