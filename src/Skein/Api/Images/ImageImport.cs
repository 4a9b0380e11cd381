using Skein.Agent.Images;
using Skein.Api.Images.Changes;
using Skein.Api.Http;
using Skein.Model;

namespace Skein.Api.Images;

/// <summary>`docker import`: an image of a tar with files, which is the request's body or is fetched from a URL.</summary>
internal sealed class ImageImport(IImageStore images, ImageNews news)
{
    public async Task RunAsync(HttpContext context)
    {
        var source = context.Query("fromSrc");
        if (source.Length == 0) throw SkeinException.Invalid("fromImage or fromSrc is needed");
        var platform = RequestedPlatform.Parse(context.Query("platform"));
        if (platform is { Os: not "linux" }) throw SkeinException.Invalid($"operating system \"{platform.Os}\" is not supported");
        var repository = context.Query("repo");
        var name = repository.Length > 0 ? RequestedImage.NewName(repository, context.Query("tag")) : "";
        var config = DockerfileChanges.Apply(ImageConfig.Empty, [.. context.Request.Query["changes"].OfType<string>()]);
        var message = context.Query("message") is { Length: > 0 } given ? given : $"Imported from {source}";
        var making = new ImageMaking(name, config, "", message, "");
        if (source == "-") await ImportAsync(context, context.Request.Body, platform, making, null);
        else await ProgressLines.RunAsync(context, progress => FetchAsync(context, source, platform, making, progress));
    }

    private async Task FetchAsync(HttpContext context, string source, ImagePlatform? platform, ImageMaking making, IProgress<ImageProgress> progress)
    {
        if (!Uri.TryCreate(source.Contains("://", StringComparison.Ordinal) ? source : $"http://{source}", UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
            throw SkeinException.Invalid($"parse \"{source}\": an http or https URL is needed");
        await using var fetched = await images.FetchAsync(url, progress, context.RequestAborted);
        progress.Report(new ImageProgress("", $"Downloading from {url}", null, null));
        await ImportAsync(context, fetched, platform, making, progress);
    }

    private async Task ImportAsync(HttpContext context, Stream tar, ImagePlatform? platform, ImageMaking making, IProgress<ImageProgress>? progress)
    {
        var image = await images.ImportAsync(tar, platform, making, context.RequestAborted);
        if (making.Name.Length > 0) news.Happened("tag", image.Id, making.Name, image);
        news.Happened("import", image.Id, image.Id, image);
        var said = new ImageProgress("", image.Id, null, null);
        if (progress is not null) progress.Report(said);
        else
        {
            context.Response.ContentType = ErrorResponse.ContentType;
            await context.JsonLineAsync(ProgressJson.From(said), ImagesJson.Default.ProgressJson);
        }
    }
}
