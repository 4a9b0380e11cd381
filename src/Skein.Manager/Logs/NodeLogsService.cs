using Grpc.Core;
using Skein.Manager.Dispatch;
using Skein.Model;

namespace Skein.Manager.Logs;

/// <summary>Hands another manager the logs of a node that is in session with this one.</summary>
public sealed class NodeLogsService(DispatcherService dispatcher) : NodeLogs.NodeLogsBase
{
    public override async Task Read(NodeLogsRequest request, IServerStreamWriter<LogLines> responseStream, ServerCallContext context)
    {
        try
        {
            await foreach (var lines in dispatcher.ReadLogsAsync(request.NodeId, request.Subscription, context.CancellationToken))
                await responseStream.WriteAsync(lines, context.CancellationToken);
        }
        catch (TimeoutException error)
        {
            throw new RpcException(new(StatusCode.Unavailable, error.Message));
        }
    }
}
