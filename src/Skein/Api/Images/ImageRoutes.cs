using System.Threading.Channels;
using Skein.Agent.Images;
using Skein.Api.Engine;
using Skein.Api.Http;
using Skein.Model;

namespace Skein.Api.Images;

/// <summary>/images, /distribution and /auth. Names hold slashes, so the verb is the path's last part.</summary>
internal sealed class ImageRoutes(IImageStore images, EventHub events, TimeProvider time)
{
    public void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/images/json", ListAsync);
        app.MapPost("/images/create", PullAsync);
        app.MapPost("/images/load", LoadAsync);
        app.MapPost("/images/prune", PruneAsync);
        app.MapGet("/images/{**name}", GetAsync);
        app.MapPost("/images/{**name}", PostAsync);
        app.MapDelete("/images/{**name}", RemoveAsync);
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
        events.PublishPrune("image", reclaimed);
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
        var removed = await images.RemoveAsync(name, force, cancel);
        foreach (var (action, of) in ImageEvents.Of(removed, id)) Publish(action, id, of);
        return removed.Select(r => new ImageDeleteJson(r.Untagged, r.Deleted));
    }

    private async Task PullAsync(HttpContext context)
    {
        var name = context.Query("fromImage");
        if (name.Length == 0) throw SkeinException.NotImplemented("importing an image is not supported: load one made by docker save");
        var reference = RequestedImage.Of(name, context.Query("tag"));
        RequestedPlatform.Check(context.Query("platform"));
        context.Response.ContentType = ErrorResponse.ContentType;

        // Progress is said from the downloads' threads; one writer puts it on the wire.
        var lines = Channel.CreateUnbounded<PullProgress>(new UnboundedChannelOptions { SingleReader = true });
        var pull = PullIntoAsync(reference, context.RegistryAuth(), lines.Writer, context.RequestAborted);
        await foreach (var line in lines.Reader.ReadAllAsync(context.RequestAborted))
            await context.JsonLineAsync(ProgressJson.From(line), ImagesJson.Default.ProgressJson);
        try
        {
            var image = await pull;
            Publish("pull", image.Id, reference);
        }
        catch (Exception error) when (context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested)
        {
            // The status is sent: only a line can still tell, also of what nobody foresaw.
            await context.JsonLineAsync(ProgressJson.Failed(ErrorResponse.MessageOf(error)), ImagesJson.Default.ProgressJson);
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
        RequestedPlatform.Check(context.Query("platform"));
        context.Response.ContentType = ErrorResponse.ContentType;
        if (await TryLoadAsync(context) is not { } loaded) return;
        foreach (var reference in loaded)
        {
            var id = images.Find(reference).Id;
            Publish("load", id, reference);
            await context.JsonLineAsync(new ProgressJson { Stream = $"Loaded image{(reference.StartsWith("sha256:", StringComparison.Ordinal) ? " ID" : "")}: {reference}\n" }, ImagesJson.Default.ProgressJson);
        }
    }

    /// <summary>Docker has sent its status before it looks at the archive: what is wrong with it is a line of the answer.</summary>
    private async Task<IReadOnlyList<string>?> TryLoadAsync(HttpContext context)
    {
        try
        {
            return await images.LoadAsync(context.Request.Body, context.RequestAborted);
        }
        catch (Exception error) when (!context.RequestAborted.IsCancellationRequested)
        {
            await context.JsonLineAsync(ProgressJson.Failed(ErrorResponse.MessageOf(error)), ImagesJson.Default.ProgressJson);
            return null;
        }
    }

    private Task GetAsync(HttpContext context)
    {
        var path = context.Route("name");
        if (path is "get") return SaveAsync(context, [.. context.Request.Query["names"].SelectMany(names => names!.Split(','))]);
        if (path.EndsWith("/get", StringComparison.Ordinal)) return SaveAsync(context, [path[..^"/get".Length]]);
        if (path is "search") throw UnsupportedRoutes.Refusal("docker search");
        if (path.EndsWith("/history", StringComparison.Ordinal)) return HistoryAsync(context, path[..^"/history".Length]);
        if (!path.EndsWith("/json", StringComparison.Ordinal)) throw SkeinException.NotFound("page not found");
        var image = images.Find(path[..^"/json".Length]);
        return context.JsonAsync(ImageInspectJson.From(image, context.Version()), ImagesJson.Default.ImageInspectJson);
    }

    private async Task SaveAsync(HttpContext context, IReadOnlyList<string> names)
    {
        RequestedPlatform.Check(context.Query("platform"));
        context.Response.ContentType = "application/x-tar";
        await images.SaveAsync(names, context.Response.Body, context.RequestAborted);
        foreach (var name in names) Publish("save", images.Find(name).Id, name);
    }

    private async Task HistoryAsync(HttpContext context, string name)
    {
        var steps = await images.HistoryAsync(name, context.RequestAborted);
        await context.JsonAsync(ImageHistoryJson.From(images.Find(name), steps), ImagesJson.Default.IReadOnlyListImageHistoryJson);
    }

    private async Task PostAsync(HttpContext context)
    {
        var path = context.Route("name");
        if (path.EndsWith("/push", StringComparison.Ordinal)) throw UnsupportedRoutes.Refusal("docker push");
        if (!path.EndsWith("/tag", StringComparison.Ordinal)) throw SkeinException.NotFound("page not found");
        var target = RequestedImage.NewName(context.Query("repo"), context.Query("tag"));
        var image = await images.TagAsync(path[..^"/tag".Length], target, context.RequestAborted);
        Publish("tag", image.Id, ImageReference.Parse(target).Familiar);
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

    private void Publish(string action, string id, string name) =>
        events.Publish("image", action, id, "local", new Dictionary<string, string> { ["name"] = name });

    private sealed class ChannelProgress(ChannelWriter<PullProgress> lines) : IProgress<PullProgress>
    {
        public void Report(PullProgress value) => lines.TryWrite(value);
    }
}
