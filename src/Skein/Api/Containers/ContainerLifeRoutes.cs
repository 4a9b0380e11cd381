using Skein.Agent.Containers;
using Skein.Agent.Images;
using Skein.Agent.Standalone;
using Skein.Api.Containers.Create;
using Skein.Api.Engine;
using Skein.Api.Http;
using Skein.Api.Images;
using Skein.Api.Networks;
using Skein.Api.Swarm;
using Skein.Model;
using ContainerStatus = Skein.Agent.Containers.ContainerStatus;

namespace Skein.Api.Containers;

/// <summary>What is done with containers: made, started, ended, changed, taken away.</summary>
internal sealed class ContainerLifeRoutes(IContainerEngine containers, IStandaloneContainers standalone, IImageStore images, EventHub events, IIdSource ids, TimeProvider time)
{
    // Of the names that are drawn some are taken; a digit behind makes ten times as many.
    private const int NamesTried = 20;

    public void Map(IEndpointRouteBuilder app)
    {
        app.MapPost("/containers/create", CreateAsync);
        app.MapPost("/containers/prune", PruneAsync).ToEnd();
        app.MapPost("/containers/{id}/start", StartAsync).ToEnd();
        app.MapPost("/containers/{id}/stop", StopAsync).ToEnd();
        app.MapPost("/containers/{id}/restart", RestartAsync).ToEnd();
        app.MapPost("/containers/{id}/kill", KillAsync).ToEnd();
        app.MapPost("/containers/{id}/pause", context => DoAsync(context, containers.PauseAsync)).ToEnd();
        app.MapPost("/containers/{id}/unpause", context => DoAsync(context, containers.UnpauseAsync)).ToEnd();
        app.MapPost("/containers/{id}/rename", context => DoAsync(context, (id, cancel) => standalone.RenameAsync(id, context.Query("name"), cancel))).ToEnd();
        app.MapPost("/containers/{id}/update", UpdateAsync).ToEnd();
        app.MapPost("/containers/{id}/wait", WaitAsync);
        app.MapDelete("/containers/{id}", RemoveAsync).ToEnd();
    }

    private async Task CreateAsync(HttpContext context)
    {
        var body = await context.BodyAsync(CreateJsonContext.Default.ContainerCreateJson);
        var platform = RequestedPlatform.Parse(context.Query("platform"));
        var warnings = new List<string>();
        var definition = ContainerReader.Read(body, context.Query("name"), context.Version(), warnings);
        if (platform is not null) definition.Standalone.Platform = platform.ToString();
        else if (images.TryFind(definition.Spec.Image) is { } image && RequestedPlatform.Foreign(image) is { } warning) warnings.Add(warning);
        var made = definition.Name.Length > 0
            ? await standalone.CreateAsync(definition, context.RequestAborted)
            : await CreateNamedAsync(definition, context.RequestAborted);
        await context.JsonAsync(new ContainerCreatedJson(made.Id, warnings), CreateJsonContext.Default.ContainerCreatedJson, StatusCodes.Status201Created);
    }

    private async Task<ContainerRecord> CreateNamedAsync(ContainerDefinition definition, CancellationToken cancel)
    {
        for (var tried = 1; ; tried++)
        {
            var name = GeneratedName.From(ids);
            try
            {
                return await standalone.CreateAsync(new(definition) { Name = tried == 1 ? name : $"{name}{tried % 10}" }, cancel);
            }
            catch (SkeinException taken) when (taken.Kind == ErrorKind.Conflict && tried < NamesTried)
            {
                // Another is drawn.
            }
        }
    }

    /// <summary>Those that do not run. A task's that has not run yet is about to start.</summary>
    private async Task PruneAsync(HttpContext context)
    {
        var taken = new PruneFilter(context.Filters().Accept("label", "label!", "until"), time.GetUtcNow());
        var (deleted, reclaimed) = (new List<string>(), 0L);
        foreach (var container in containers.List().Where(IsOver))
        {
            if (!taken.Takes(container.Definition.Labels, container.Created)) continue;
            try
            {
                var written = await containers.WrittenAsync(container.Id, context.RequestAborted);
                await standalone.RemoveAsync(container.Id, force: false, volumesToo: false, context.RequestAborted);
                deleted.Add(container.Id);
                reclaimed += written;
            }
            catch (SkeinException)
            {
                // Another hand was faster.
            }
        }
        events.PublishPrune("container", reclaimed);
        await context.JsonAsync(new ContainerPruneJson(deleted, reclaimed), ContainersJson.Default.ContainerPruneJson);
    }

    private static bool IsOver(ContainerRecord container) =>
        container.State.Status is ContainerStatus.Exited or ContainerStatus.Dead || container.State.Status == ContainerStatus.Created && !container.Definition.IsTasks;

    private async Task StartAsync(HttpContext context)
    {
        if (context.Query("checkpoint").Length > 0) throw SkeinException.Invalid("checkpoint is only supported in experimental mode");
        await DoAsync(context, standalone.StartAsync);
    }

    private Task StopAsync(HttpContext context) =>
        DoAsync(context, (id, cancel) => standalone.StopAsync(id, Grace(context), Signal(context), cancel));

    private Task RestartAsync(HttpContext context) =>
        DoAsync(context, (id, cancel) => standalone.RestartAsync(id, Grace(context), Signal(context), cancel));

    private async Task KillAsync(HttpContext context)
    {
        var name = context.Route("id");
        try
        {
            await standalone.KillAsync(name, Signal(context) ?? "KILL", context.RequestAborted);
        }
        catch (SkeinException refused)
        {
            throw new SkeinException(refused.Kind, $"cannot kill container: {name}: {refused.Message}", refused);
        }
        await context.EmptyAsync(StatusCodes.Status204NoContent);
    }

    private async Task UpdateAsync(HttpContext context)
    {
        var json = await context.BodyAsync(CreateJsonContext.Default.LimitsWishJson);
        var warnings = new List<string>();
        var id = containers.Find(context.Route("id")).Id;
        try
        {
            await standalone.UpdateAsync(id, definition => ContainerUpdate.Apply(json, definition, warnings), context.RequestAborted);
        }
        catch (SkeinException refused)
        {
            throw new SkeinException(refused.Kind, $"Cannot update container {id}: {refused.Message}", refused);
        }
        await context.JsonAsync(new ContainerUpdatedJson(warnings.Count == 0 ? null : warnings), CreateJsonContext.Default.ContainerUpdatedJson);
    }

    private async Task WaitAsync(HttpContext context)
    {
        var id = containers.Find(context.Route("id")).Id;
        // Begun before the head is sent: the client starts, or removes, the container once it has that.
        var wait = context.Query("condition") switch
        {
            "" or "not-running" => containers.WaitAtRestAsync(id, context.RequestAborted),
            "next-exit" => containers.WaitNextAsync(id, context.RequestAborted),
            "removed" => containers.WaitRemovedAsync(id, context.RequestAborted),
            var condition => throw SkeinException.Invalid($"invalid condition: \"{condition}\""),
        };
        context.Response.ContentType = ErrorResponse.ContentType;
        await context.Response.Body.FlushAsync(context.RequestAborted);
        var code = await wait;
        await context.JsonLineAsync(new WaitJson(code), ContainersJson.Default.WaitJson);
    }

    private Task RemoveAsync(HttpContext context)
    {
        if (context.QueryBool("link")) throw SkeinException.NotImplemented("links between containers are not supported");
        return DoAsync(context, (id, cancel) => standalone.RemoveAsync(id, context.QueryBool("force"), context.QueryBool("v"), cancel));
    }

    private static async Task DoAsync(HttpContext context, Func<string, CancellationToken, Task> act)
    {
        await act(context.Route("id"), context.RequestAborted);
        await context.EmptyAsync(StatusCodes.Status204NoContent);
    }

    private static TimeSpan? Grace(HttpContext context) => context.QueryInt("t") switch
    {
        null => null,
        < 0 => TimeSpan.FromDays(365),   // Docker: wait for as long as it takes
        { } seconds => TimeSpan.FromSeconds(seconds),
    };

    private static string? Signal(HttpContext context) => context.Query("signal") is { Length: > 0 } signal ? signal : null;
}
