using Skein.Agent.Images;
using Skein.Api.Engine;
using Skein.Api.Http;
using Skein.Model;

namespace Skein.Api.Images;

/// <summary>/images, /distribution and /auth. Names hold slashes, so the verb is the path's last part.</summary>
internal sealed class ImageRoutes(IImageStore images, EventHub events, TimeProvider time)
{
    private readonly ImageNews _news = new(events);
    private readonly ImageTransfers _transfers = new(images, new ImageNews(events));

    public void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/images/json", ListAsync);
        app.MapPost("/images/create", _transfers.CreateAsync);
        app.MapPost("/images/load", _transfers.LoadAsync);
        app.MapPost("/images/prune", PruneAsync).ToEnd();
        app.MapGet("/images/{**name}", GetAsync);
        app.MapPost("/images/{**name}", PostAsync);
        app.MapDelete("/images/{**name}", RemoveAsync).ToEnd();
        app.MapGet("/distribution/{**name}", ResolveAsync);
        app.MapPost("/auth", LoginAsync);
    }

    private async Task ListAsync(HttpContext context)
    {
        var filter = new ImageFilter(context.Filters(), images, time.GetUtcNow());
        var rows = images.List().Select(filter.Take).OfType<ImageRecord>().OrderByDescending(i => i.Created).Select(i => ImageSummaryJson.From(i, context.Version())).ToList();
        await context.JsonAsync(rows, ImagesJson.Default.IReadOnlyListImageSummaryJson);
    }

    /// <summary>Images without a tag that nobody uses; with dangling=false all that nobody uses.</summary>
    private async Task PruneAsync(HttpContext context)
    {
        var filters = context.Filters().Accept("dangling", "label", "label!", "until");
        var taken = new PruneFilter(filters, time.GetUtcNow());
        var tagged = filters.Flag("dangling") == false;
        var (deleted, reclaimed) = (new List<ImageDeleteJson>(), 0L);
        foreach (var image in images.List().Where(i => (tagged || i.Tags.Count == 0) && taken.Takes(i.Config.Labels, i.Created)))
        {
            var removed = await TryRemoveAsync(image, context.RequestAborted);
            deleted.AddRange(removed);
            if (removed.Exists(r => r.Deleted == image.Id)) reclaimed += image.Size;
        }
        _news.Pruned(reclaimed);
        await context.JsonAsync(new ImagePruneJson(deleted, reclaimed), ImagesJson.Default.ImagePruneJson);
    }

    /// <summary>Name by name; what a container uses stays.</summary>
    private async Task<List<ImageDeleteJson>> TryRemoveAsync(ImageRecord image, CancellationToken cancel)
    {
        var removed = new List<ImageDeleteJson>();
        try
        {
            foreach (var name in image.Tags.Concat(image.Digests).DefaultIfEmpty(image.Id))
            {
                if (images.List().All(i => i.Id != image.Id)) break;   // it went with a name before
                removed.AddRange(await RemoveAsync(name, image.Id, force: false, cancel));
            }
        }
        catch (SkeinException error) when (error.Kind is ErrorKind.Conflict or ErrorKind.NotFound)
        {
            // In use, or gone by another hand.
        }
        return removed;
    }

    private async Task<IEnumerable<ImageDeleteJson>> RemoveAsync(string name, string id, bool force, CancellationToken cancel)
    {
        var image = images.TryFind(id);
        var removed = await images.RemoveAsync(name, force, cancel);
        foreach (var action in ImageEvents.Of(removed, id)) _news.Happened(action, id, id, image);
        return removed.Select(r => new ImageDeleteJson(r.Untagged, r.Deleted));
    }

    private Task GetAsync(HttpContext context)
    {
        var path = context.Route("name");
        if (path is "get") return _transfers.SaveAsync(context, [.. context.Request.Query["names"].SelectMany(names => names!.Split(','))]);
        if (path.EndsWith("/get", StringComparison.Ordinal)) return _transfers.SaveAsync(context, [path[..^"/get".Length]]);
        if (path is "search") throw UnsupportedRoutes.Refusal("docker search");
        if (path.EndsWith("/history", StringComparison.Ordinal)) return HistoryAsync(context, path[..^"/history".Length]);
        if (!path.EndsWith("/json", StringComparison.Ordinal)) throw SkeinException.NotFound("page not found");
        var image = images.Find(path[..^"/json".Length]);
        return context.JsonAsync(ImageInspectJson.From(image, context.Version()), ImagesJson.Default.ImageInspectJson);
    }

    private async Task HistoryAsync(HttpContext context, string name)
    {
        var steps = await images.HistoryAsync(name, context.RequestAborted);
        await context.JsonAsync(ImageHistoryJson.From(images.Find(name), steps), ImagesJson.Default.IReadOnlyListImageHistoryJson);
    }

    private Task PostAsync(HttpContext context)
    {
        var path = context.Route("name");
        if (path.EndsWith("/push", StringComparison.Ordinal)) return _transfers.PushAsync(context, path[..^"/push".Length]);
        return path.EndsWith("/tag", StringComparison.Ordinal) ? context.ToEndAsync(tagged => TagAsync(tagged, path[..^"/tag".Length])) : throw SkeinException.NotFound("page not found");
    }

    private async Task TagAsync(HttpContext context, string name)
    {
        var target = RequestedImage.NewName(context.Query("repo"), context.Query("tag"));
        var image = await images.TagAsync(name, target, context.RequestAborted);
        _news.Happened("tag", image.Id, ImageReference.Parse(target).Familiar, image);
        await context.EmptyAsync(StatusCodes.Status201Created);
    }

    private async Task RemoveAsync(HttpContext context)
    {
        var name = context.Route("name");
        var removed = await RemoveAsync(name, images.Find(name).Id, context.QueryBool("force"), context.RequestAborted);
        await context.JsonAsync<IReadOnlyList<ImageDeleteJson>>([.. removed], ImagesJson.Default.IReadOnlyListImageDeleteJson);
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
}
