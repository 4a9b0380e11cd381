using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Skein.Managing;

/// <summary>
/// A web application that knows what it is told here and nothing else. The usual builders read appsettings.json of the working
/// directory and the environment, and watch that directory with all below it for changes: for a service that is the whole
/// file system, every container's too.
/// </summary>
internal static class BareWeb
{
    public static WebApplicationBuilder Create(ILoggerFactory logs, TimeSpan stopDeadline, Action<KestrelServerOptions> listen)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.Services.AddSingleton(logs);
        builder.Services.AddRoutingCore();
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = stopDeadline);
        builder.WebHost.UseKestrelCore();
        builder.Services.AddSingleton<IMemoryPoolFactory<byte>>(new SocketMemory());
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MaxRequestBodySize = null;   // an image to be loaded
            listen(kestrel);
        });
        return builder;
    }
}
