using System.Text.Json;
using Skein.Agent.Containers.Volumes;
using Skein.Api.Engine;
using Skein.Api.Http;
using Skein.Model;
using Skein.Model.Specs;
using Skein.Model.Validation;

namespace Skein.Api.Volumes;

/// <summary>/volumes: of this host, in a swarm or not.</summary>
internal sealed class VolumeRoutes(IVolumes volumes, VolumeFolders folders, EventHub events)
{
    private const string NoClusterVolumes = "cluster volumes (CSI) are not supported: use volumes of the driver local";

    public void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/volumes", ListAsync);
        app.MapPost("/volumes/create", CreateAsync).ToEnd();
        app.MapPost("/volumes/prune", PruneAsync).ToEnd();
        app.MapGet("/volumes/{name}", InspectAsync);
        app.MapPut("/volumes/{name}", _ => throw SkeinException.NotImplemented(NoClusterVolumes));
        app.MapDelete("/volumes/{name}", RemoveAsync).ToEnd();
    }

    private Task ListAsync(HttpContext context)
    {
        var filters = context.Filters().Accept("dangling", "driver", "label", "name");
        var dangling = filters.Flag("dangling");
        var rows = volumes.List()
            .Where(v => dangling is null || dangling == v.Users.IsEmpty)
            .Where(_ => filters.Exact("driver", VolumeJson.DriverName))
            .Where(v => filters.Labels("label", v.Labels ?? new Dictionary<string, string>()))
            .Where(v => filters.Matches("name", v.Name))
            .OrderBy(v => v.Name, StringComparer.Ordinal);
        return context.JsonAsync(new VolumeListJson([.. rows.Select(v => VolumeJson.From(v, folders))], null), VolumesJson.Default.VolumeListJson);
    }

    private async Task CreateAsync(HttpContext context)
    {
        var body = await context.BodyAsync(VolumesJson.Default.VolumeCreateJson);
        if (body.ClusterVolumeSpec is { ValueKind: not JsonValueKind.Null }) throw SkeinException.NotImplemented(NoClusterVolumes);
        var name = body.Name ?? "";
        if (body.Driver is { Length: > 0 } driver && driver != VolumeJson.DriverName)
            throw SkeinException.NotFound($"create {name}: {VolumeOptions.NoDriver(driver)}");
        var volume = await volumes.CreateAsync(name, body.DriverOpts, body.Labels, context.RequestAborted);
        await context.JsonAsync(VolumeJson.From(volume, folders), VolumesJson.Default.VolumeJson, StatusCodes.Status201Created);
    }

    private Task InspectAsync(HttpContext context) =>
        context.JsonAsync(VolumeJson.From(volumes.Find(context.Route("name")), folders), VolumesJson.Default.VolumeJson);

    private async Task RemoveAsync(HttpContext context)
    {
        try
        {
            await volumes.RemoveAsync(context.Route("name"), context.RequestAborted);
        }
        catch (SkeinException error) when (error.Kind == ErrorKind.NotFound && context.QueryBool("force"))
        {
            // Who forces wants it gone, and it is.
        }
        await context.EmptyAsync(StatusCodes.Status204NoContent);
    }

    /// <summary>As in Docker, those that no container has; since 1.42 of these the nameless alone, unless all are asked for; never what options mount elsewhere.</summary>
    private async Task PruneAsync(HttpContext context)
    {
        var filters = context.Filters().Accept("all", "label", "label!");
        var taken = new PruneFilter(filters, default);
        var all = All(filters) || context.Version().CompareTo(new(1, 42)) < 0;
        var (deleted, reclaimed) = (new List<string>(), 0L);
        foreach (var volume in volumes.List().Where(v => v.Users.IsEmpty && !v.IsDevice && (all || v.IsAnonymous)))
        {
            if (!taken.Takes(volume.Labels ?? new Dictionary<string, string>(), null)) continue;
            try
            {
                var size = await volumes.SizeAsync(volume.Name, context.RequestAborted);
                await volumes.RemoveAsync(volume.Name, context.RequestAborted);
                deleted.Add(volume.Name);
                reclaimed += size;
            }
            catch (SkeinException)
            {
                // A container has it by now, or another hand was faster.
            }
        }
        events.PublishPrune("volume", reclaimed);
        await context.JsonAsync(new VolumePruneJson(deleted, reclaimed), VolumesJson.Default.VolumePruneJson);
    }

    private static bool All(Filters filters)
    {
        var words = filters["all"];
        if (words.Count == 0) return false;
        return words.Count == 1 && GoBool.TryParse(words.First(), out var value) ? value : throw SkeinException.Invalid($"invalid filter 'all=[{string.Join(' ', words)}]'");
    }
}
