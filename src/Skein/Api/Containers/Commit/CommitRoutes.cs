using Skein.Agent.Containers;
using Skein.Agent.Images;
using Skein.Api.Images.Changes;
using Skein.Api.Containers.Create;
using Skein.Api.Engine;
using Skein.Api.Http;
using Skein.Api.Images;
using Skein.Api.Networks;
using Skein.Model;

namespace Skein.Api.Containers.Commit;

/// <summary>POST /commit</summary>
internal sealed class CommitRoutes(IContainerEngine containers, IImageStore images, ContainerLegs networks, EventHub events)
{
    private readonly ImageNews _news = new(events);

    public void Map(IEndpointRouteBuilder app) => app.MapPost("/commit", CommitAsync);

    private async Task CommitAsync(HttpContext context)
    {
        var wish = await WishAsync(context);
        var repository = context.Query("repo");
        var name = repository.Length > 0 ? RequestedImage.NewName(repository, context.Query("tag")) : "";
        var container = containers.Find(context.Query("container"));
        var parent = images.UsedBy(container) ?? throw SkeinException.NotFound($"No such image: {container.ImageId}");
        var own = CommittedConfig.Of(ContainerInspectJson.ConfigOf(container.Definition, networks.Find(container.Id), parent));
        var config = CommittedConfig.Merge(DockerfileChanges.Apply(wish ?? own, [.. context.Request.Query["changes"].OfType<string>()]), own);
        var comment = context.Query("comment");
        var making = new ImageMaking(name, config, context.Query("author"), comment, string.Join(' ', own.Cmd));
        var pause = !context.Request.Query.ContainsKey("pause") || context.QueryBool("pause");
        var image = await containers.ReadLayersAsync(
            container.Id, pause, (layers, isStill) => images.CommitAsync(parent.Id, layers, making, isStill, context.RequestAborted), context.RequestAborted);

        _news.Happened("create", image.Id, image.Id, image);
        if (name.Length > 0) _news.Happened("tag", image.Id, name, image);
        containers.Announce(container.Id, "commit", ("comment", comment), ("imageID", image.Id), ("imageRef", name));
        await context.JsonAsync(new IdJson(image.Id), ContainersJson.Default.IdJson, StatusCodes.Status201Created);
    }

    /// <summary>A config of the client's own, which the container's fills up; null without one.</summary>
    private static async Task<ImageConfig?> WishAsync(HttpContext context)
    {
        if (!context.HasBody()) return null;
        return CommittedConfig.Of(await context.BodyAsync(CreateJsonContext.Default.ContainerCreateJson));
    }
}
