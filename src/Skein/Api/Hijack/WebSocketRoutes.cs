using System.Net.WebSockets;
using Skein.Agent.Containers;
using Skein.Api.Http;
using Skein.Model;

namespace Skein.Api.Hijack;

/// <summary>/containers/{id}/attach/ws: an attach for who has websockets only. Half a websocket can't be closed, so that Kestrel's own do.</summary>
internal sealed partial class WebSocketRoutes(IContainerEngine containers, TimeProvider time, ILogger log)
{
    // Before it they were texts, whatever the bytes.
    private static readonly ApiVersion s_binarySince = new(1, 28);

    public void Map(WebApplication app) => app.MapGet("/containers/{id}/attach/ws", context => AttachAsync(context, app.Lifetime.ApplicationStopping));

    private async Task AttachAsync(HttpContext context, CancellationToken stopping)
    {
        var (id, version, cancel) = (containers.Find(context.Route("id")).Id, context.Version(), context.RequestAborted);
        if (!context.WebSockets.IsWebSocketRequest) throw SkeinException.Invalid("not websocket protocol");
        // A browser that names a protocol takes no socket without it.
        var protocol = context.WebSockets.WebSocketRequestedProtocols is [var only] ? only : null;
        await using var attachment = await Attachment.OpenAsync(containers, id, AttachQuery.OfWebSocket(context, version), cancel);
        using var socket = await context.WebSockets.AcceptWebSocketAsync(protocol);
        var type = version.CompareTo(s_binarySince) >= 0 ? WebSocketMessageType.Binary : WebSocketMessageType.Text;
        try
        {
            await attachment.RunAsync(new WebSocketClient(socket, type, time), stopping, cancel);
        }
        catch (Exception error) when (error is OperationCanceledException or SkeinException)
        {
            // The client's connection is gone, or the container with its log.
            AttachEnded(id, error.Message);
        }
    }

    [LoggerMessage(1212, LogLevel.Debug, "{Container}: the attach by websocket ended: {Reason}")]
    private partial void AttachEnded(string container, string reason);
}
