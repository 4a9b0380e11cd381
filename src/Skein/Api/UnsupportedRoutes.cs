using Skein.Api.Http;
using Skein.Model;

namespace Skein.Api;

/// <summary>
/// What Docker's CLI can ask for and Skein does not do: it says so by the command's name, with the status 501. Image commands are
/// refused in ImageRoutes, since names of images hold slashes.
/// </summary>
internal sealed class UnsupportedRoutes
{
    private static readonly string[] s_all = [HttpMethods.Get, HttpMethods.Head, HttpMethods.Post, HttpMethods.Put, HttpMethods.Delete];

    private static readonly (string Path, string Command)[] s_others =
    [
        ("/plugins/create", "docker plugin create"),
        ("/plugins/pull", "docker plugin install"),
        ("/plugins/privileges", "docker plugin install"),
    ];

    public void Map(IEndpointRouteBuilder app)
    {
        // None can be installed, so that there are none to be listed.
        app.MapGet("/plugins", context =>
        {
            context.Response.ContentType = ErrorResponse.ContentType;
            return context.Response.WriteAsync("[]", context.RequestAborted);
        });
        app.MapMethods("/plugins/{**rest}", s_all, context => throw SkeinException.NotFound($"plugin \"{PluginOf(context)}\" not found"));
        foreach (var (path, command) in s_others) app.MapMethods(path, s_all, _ => throw Refusal(command));
    }

    /// <summary>A name may hold slashes; what is wanted of it comes after, except where it is to be removed.</summary>
    private static string PluginOf(HttpContext context)
    {
        var rest = context.Route("rest");
        var end = rest.LastIndexOf('/');
        return HttpMethods.IsDelete(context.Request.Method) || end < 0 ? rest : rest[..end];
    }

    public static SkeinException Refusal(string command) => SkeinException.NotImplemented($"{command} is not supported");
}
