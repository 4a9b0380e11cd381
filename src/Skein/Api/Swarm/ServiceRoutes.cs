using Skein.Api.Http;
using Skein.NodeLife;
using Skein.Manager.Control;
using Skein.Manager.Store;
using Skein.Model;
using Skein.Model.Specs;

namespace Skein.Api.Swarm;

/// <summary>/services</summary>
internal sealed class ServiceRoutes(ISwarmNode swarm, IIdSource ids)
{
    public void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/services", ListAsync);
        app.MapPost("/services/create", CreateAsync);
        app.MapGet("/services/{id}", InspectAsync);
        app.MapPost("/services/{id}/update", UpdateAsync);
        app.MapDelete("/services/{id}", RemoveAsync);
    }

    private Task ListAsync(HttpContext context)
    {
        var snapshot = swarm.ManagerControl().Snapshot;
        var filters = context.Filters().Accept("id", "label", "mode", "name", "runtime");
        var status = context.QueryGoBool("status");
        var rows = snapshot.Services.All
            .Where(s => filters.Prefix("id", s.Id))
            .Where(s => filters.Any("name", w => s.Spec.Annotations.Name.StartsWith(w, StringComparison.Ordinal)))
            .Where(s => filters.Labels("label", s.Spec.Annotations.Labels))
            .Where(s => filters.Exact("mode", ServiceSpecWriter.ModeName(s.Spec)))
            .Where(_ => filters.Exact("runtime", "container"))
            .OrderBy(s => s.Spec.Annotations.Name, StringComparer.Ordinal)
            .Select(s => ServiceJson.From(s, status ? snapshot : null));
        return context.JsonAsync<IReadOnlyList<ServiceJson>>([.. rows], SwarmJson.Default.IReadOnlyListServiceJson);
    }

    private async Task CreateAsync(HttpContext context)
    {
        var body = await context.BodyAsync(SwarmJson.Default.ServiceSpecJson);
        var control = swarm.ManagerControl();
        var spec = ServiceSpecReader.Read(body);
        if (spec.Annotations.Name.Length == 0) spec.Annotations.Name = GeneratedName.From(ids);
        spec.Task.Container.RegistryAuth = context.RegistryAuth()?.ToCredentials();
        var service = await control.CreateServiceAsync(spec, context.RequestAborted);
        await context.JsonAsync(new ServiceCreatedJson(service.Id, null), SwarmJson.Default.ServiceCreatedJson, StatusCodes.Status201Created);
    }

    private Task InspectAsync(HttpContext context)
    {
        var withDefaults = context.QueryGoBool("insertDefaults");
        var service = swarm.ManagerControl().Find(ObjectKind.Service, context.Route("id"));
        if (withDefaults)
        {
            service = service.Clone();
            service.Spec = ServiceDefaults.Interpolate(service.Spec);
        }
        return context.JsonAsync(ServiceJson.From(service, null), SwarmJson.Default.ServiceJson);
    }

    private async Task UpdateAsync(HttpContext context)
    {
        // Docker's order, of which the first complaint is heard: the request, this node, the spec, the service.
        var body = await context.BodyAsync(SwarmJson.Default.ServiceSpecJson);
        var version = context.QueryVersion("service");
        var control = swarm.ManagerControl();
        var spec = ServiceSpecReader.Read(body);
        var service = control.Find(ObjectKind.Service, context.Route("id"));
        var auth = AuthSource(context);
        if (auth == RegistryAuthSource.Given) spec.Task.Container.RegistryAuth = context.RegistryAuth()?.ToCredentials();
        await control.UpdateServiceAsync(service.Id, version, spec, auth, IsRollback(context), context.RequestAborted);
        await context.JsonAsync(new ServiceUpdatedJson(null), SwarmJson.Default.ServiceUpdatedJson);
    }

    private static bool IsRollback(HttpContext context) => context.Query("rollback") switch
    {
        "" or "none" => false,
        "previous" => true,
        var other => throw new SkeinException(ErrorKind.Internal, $"unrecognized rollback option {other}"),
    };

    private static RegistryAuthSource AuthSource(HttpContext context)
    {
        if (context.HasRegistryAuth()) return RegistryAuthSource.Given;
        return context.Query("registryAuthFrom") switch
        {
            "" or "spec" => RegistryAuthSource.Spec,
            "previous-spec" => RegistryAuthSource.PreviousSpec,
            _ => throw new SkeinException(ErrorKind.Internal, "unsupported registryAuthFrom value"),
        };
    }

    private async Task RemoveAsync(HttpContext context)
    {
        var control = swarm.ManagerControl();
        await control.RemoveServiceAsync(control.Find(ObjectKind.Service, context.Route("id")).Id, context.RequestAborted);
        await context.EmptyAsync(StatusCodes.Status200OK);
    }
}
