using Skein.Agent.Containers;
using Skein.Api.Builds;
using Skein.Api.Http;
using Skein.Api.Swarm;
using Skein.NodeLife;

namespace Skein.Api.Engine;

/// <summary>Whether the daemon is there, and of which version.</summary>
internal sealed class EngineRoutes(EngineIdentity identity, IContainerEngine containers, BuildKit buildKit, ISwarmNode swarm)
{
    public void Map(IEndpointRouteBuilder app)
    {
        app.MapMethods("/_ping", ["GET", "HEAD"], PingAsync);
        app.MapGet("/version", VersionAsync);
    }

    private Task PingAsync(HttpContext context)
    {
        var response = context.Response;
        response.Headers.CacheControl = "no-cache, no-store, must-revalidate";
        response.Headers.Pragma = "no-cache";
        response.Headers["Builder-Version"] = buildKit.IsThere ? "2" : "1";
        response.Headers["Swarm"] = SwarmHeader();
        response.ContentType = "text/plain; charset=utf-8";
        if (HttpMethods.IsHead(context.Request.Method))
        {
            response.ContentLength = 0;
            return Task.CompletedTask;
        }
        response.ContentLength = "OK".Length;
        return response.WriteAsync("OK", context.RequestAborted);
    }

    private string SwarmHeader()
    {
        var state = SwarmInfoJson.StateName(swarm.State);
        return swarm.State != LocalNodeState.Active ? state : swarm.Control is null ? $"{state}/worker" : $"{state}/manager";
    }

    private async Task VersionAsync(HttpContext context)
    {
        var details = new Dictionary<string, string>
        {
            ["ApiVersion"] = ApiVersion.Current.ToString(),
            ["Arch"] = HostFacts.GoArchitecture,
            ["BuildTime"] = "",
            ["Experimental"] = "false",
            ["GitCommit"] = identity.Commit,
            ["GoVersion"] = ".NET " + Environment.Version,
            ["KernelVersion"] = HostFacts.KernelVersion,
            ["MinAPIVersion"] = ApiVersion.Minimum.ToString(),
            ["Os"] = "linux",
        };
        var components = new List<VersionJson.Component> { new("Engine", identity.Version, details) };
        if (await containers.RuntimeVersionAsync(context.RequestAborted) is { } containerd)
            components.Add(new("containerd", containerd.Version, new Dictionary<string, string> { ["GitCommit"] = containerd.Revision }));
        var version = new VersionJson(
            new VersionJson.PlatformJson($"Skein {identity.Version}"),
            components,
            identity.Version,
            details["ApiVersion"],
            details["MinAPIVersion"],
            identity.Commit,
            details["GoVersion"],
            "linux",
            details["Arch"],
            details["KernelVersion"],
            "");
        await context.JsonAsync(version, EngineJson.Default.VersionJson);
    }
}
