using System.IO.Enumeration;
using System.Threading.Channels;
using Skein.Agent.Images;
using Skein.Api.Engine;
using Skein.Api.Http;
using Skein.Model;

namespace Skein.Api.Images;

/// <summary>/images, /distribution and /auth. Names hold slashes, so the verb is the path's last part.</summary>
internal sealed class ImageRoutes(IImageStore images, EventHub events)
{
    public void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/images/json", ListAsync);
        app.MapPost("/images/create", PullAsync);
        app.MapPost("/images/load", LoadAsync);
        app.MapPost("/images/prune", _ => throw SkeinException.NotImplemented("image prune is not supported: remove images by name"));
        app.MapGet("/images/{**name}", GetAsync);
        app.MapPost("/images/{**name}", PostAsync);
        app.MapDelete("/images/{**name}", RemoveAsync);
        app.MapGet("/distribution/{**name}", ResolveAsync);
        app.MapPost("/auth", LoginAsync);
    }

    private Task ListAsync(HttpContext context)
    {
        var filters = context.Filters().Accept("reference", "label", "dangling", "before", "since", "until");
        var rows = images.List()
            .Where(i => filters.Labels("label", i.Config.Labels))
            .Where(i => filters.Flag("dangling") is not { } dangling || dangling == (i.Tags.Count == 0))
            .Select(i => ByReference(i, filters))
            .OfType<ImageRecord>()
            .OrderByDescending(i => i.Created)
            .Select(ImageSummaryJson.From);
        return context.JsonAsync<IReadOnlyList<ImageSummaryJson>>([.. rows], ImagesJson.Default.IReadOnlyListImageSummaryJson);
    }

    /// <summary>The image with those of its names that were asked for; null when none was.</summary>
    private static ImageRecord? ByReference(ImageRecord image, Filters filters)
    {
        if (!filters.Has("reference")) return image;
        var asked = image with { Tags = Asked(image.Tags), Digests = Asked(image.Digests) };
        return asked.Tags.Count + asked.Digests.Count > 0 ? asked : null;

        IReadOnlyList<string> Asked(IReadOnlyList<string> names) => [.. names.Where(n => filters.Any("reference", wanted => MatchesReference(n, wanted)))];
    }

    /// <summary>A pattern over the whole reference, or over its name alone.</summary>
    private static bool MatchesReference(string reference, string wanted)
    {
        var mark = reference.IndexOf('@') is >= 0 and var at ? at : reference.IndexOf(':', reference.LastIndexOf('/') + 1);
        return FileSystemName.MatchesSimpleExpression(wanted, reference, ignoreCase: false)
            || (mark >= 0 && FileSystemName.MatchesSimpleExpression(wanted, reference.AsSpan(0, mark), ignoreCase: false));
    }

    private async Task PullAsync(HttpContext context)
    {
        var name = context.Query("fromImage");
        if (name.Length == 0) throw SkeinException.NotImplemented("importing an image is not supported: load one made by docker save");
        var tag = context.Query("tag");
        var reference = tag.Length == 0 ? name : tag.Contains(':') ? $"{name}@{tag}" : $"{name}:{tag}";
        context.Response.ContentType = ErrorResponse.ContentType;

        // Progress is said from the downloads' threads; one writer puts it on the wire.
        var lines = Channel.CreateUnbounded<PullProgress>(new UnboundedChannelOptions { SingleReader = true });
        var pull = PullIntoAsync(reference, context.RegistryAuth(), lines.Writer, context.RequestAborted);
        await foreach (var line in lines.Reader.ReadAllAsync(context.RequestAborted))
            await context.JsonLineAsync(ProgressJson.From(line), ImagesJson.Default.ProgressJson);
        try
        {
            var image = await pull;
            events.Publish("image", "pull", image.Id, "local", new Dictionary<string, string> { ["name"] = reference });
        }
        catch (SkeinException error) when (context.Response.HasStarted)
        {
            await context.JsonLineAsync(ProgressJson.Failed(error.Message), ImagesJson.Default.ProgressJson);
        }
    }

    private async Task<ImageRecord> PullIntoAsync(string reference, RegistryAuth? auth, ChannelWriter<PullProgress> lines, CancellationToken cancel)
    {
        try
        {
            return await images.PullAsync(reference, auth, new ChannelProgress(lines), cancel);
        }
        finally
        {
            lines.Complete();
        }
    }

    private async Task LoadAsync(HttpContext context)
    {
        var loaded = await images.LoadAsync(context.Request.Body, context.RequestAborted);
        context.Response.ContentType = ErrorResponse.ContentType;
        foreach (var reference in loaded)
        {
            var id = images.Find(reference).Id;
            events.Publish("image", "load", id, "local", new Dictionary<string, string> { ["name"] = reference });
            await context.JsonLineAsync(new ProgressJson { Stream = $"Loaded image: {reference}\n" }, ImagesJson.Default.ProgressJson);
        }
    }

    private Task GetAsync(HttpContext context)
    {
        var path = context.Route("name");
        if (path is "get" || path.EndsWith("/get", StringComparison.Ordinal)) throw UnsupportedRoutes.Refusal("docker save");
        if (path is "search") throw UnsupportedRoutes.Refusal("docker search");
        if (path.EndsWith("/history", StringComparison.Ordinal)) throw UnsupportedRoutes.Refusal("docker history");
        if (!path.EndsWith("/json", StringComparison.Ordinal)) throw SkeinException.NotFound("page not found");
        var image = images.Find(path[..^"/json".Length]);
        return context.JsonAsync(ImageInspectJson.From(image), ImagesJson.Default.ImageInspectJson);
    }

    private async Task PostAsync(HttpContext context)
    {
        var path = context.Route("name");
        if (path.EndsWith("/push", StringComparison.Ordinal)) throw UnsupportedRoutes.Refusal("docker push");
        if (!path.EndsWith("/tag", StringComparison.Ordinal)) throw SkeinException.NotFound("page not found");
        var tag = context.Query("tag") is { Length: > 0 } given ? given : "latest";
        await images.TagAsync(path[..^"/tag".Length], $"{context.Query("repo")}:{tag}", context.RequestAborted);
        await context.EmptyAsync(StatusCodes.Status201Created);
    }

    private async Task RemoveAsync(HttpContext context)
    {
        var name = context.Route("name");
        var force = context.QueryBool("force");
        var image = images.Find(name);
        var removed = await images.RemoveAsync(name, force, context.RequestAborted);
        foreach (var (untagged, deleted) in removed)
            events.Publish("image", untagged is null ? "delete" : "untag", image.Id, "local", new Dictionary<string, string> { ["name"] = untagged ?? deleted ?? "" });
        await context.JsonAsync<IReadOnlyList<ImageDeleteJson>>(
            [.. removed.Select(r => new ImageDeleteJson(r.Untagged, r.Deleted))], ImagesJson.Default.IReadOnlyListImageDeleteJson);
    }

    private async Task ResolveAsync(HttpContext context)
    {
        var path = context.Route("name");
        if (!path.EndsWith("/json", StringComparison.Ordinal)) throw SkeinException.NotFound("page not found");
        var remote = await images.ResolveAsync(path[..^"/json".Length], context.RegistryAuth(), context.RequestAborted);
        await context.JsonAsync(DistributionJson.From(remote), ImagesJson.Default.DistributionJson);
    }

    private async Task LoginAsync(HttpContext context)
    {
        // Nothing given is asked as well: a registry that wants no credentials takes none.
        var auth = await context.BodyAsync(ImagesJson.Default.RegistryAuthJson);
        await images.LoginAsync(auth.ToModelOrNobody(), context.RequestAborted);
        await context.JsonAsync(new LoginJson("Login Succeeded", ""), ImagesJson.Default.LoginJson);
    }

    private sealed class ChannelProgress(ChannelWriter<PullProgress> lines) : IProgress<PullProgress>
    {
        public void Report(PullProgress value) => lines.TryWrite(value);
    }
}
