using Grpc.Core;
using Grpc.Core.Interceptors;
using Skein.Model;

namespace Skein.Managing;

/// <summary>
/// How calls between nodes end when they do not end well. gRPC's own way is an error in the log with the whole stack, whoever hung
/// up: nodes come and go, and that is a line for who looks closely; what this manager cannot do is one line; a stack is for faults.
/// </summary>
internal sealed partial class BrokenCalls(ILogger<BrokenCalls> log) : Interceptor
{
    private readonly ILogger _log = log;

    public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation) =>
        EndAsync(context, () => continuation(request, context));

    public override Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, ServerCallContext context, ClientStreamingServerMethod<TRequest, TResponse> continuation) =>
        EndAsync(context, () => continuation(requestStream, context));

    public override Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation) =>
        EndAsync(context, () => continuation(request, responseStream, context));

    public override Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation) =>
        EndAsync(context, () => continuation(requestStream, responseStream, context));

    private Task EndAsync(ServerCallContext context, Func<Task> call) => EndAsync(context, async () =>
    {
        await call();
        return true;
    });

    private async Task<T> EndAsync<T>(ServerCallContext context, Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (Exception error) when (error is not RpcException)
        {
            throw new RpcException(StatusOf(context, error));
        }
    }

    private Status StatusOf(ServerCallContext context, Exception error)
    {
        if (context.CancellationToken.IsCancellationRequested || error is OperationCanceledException or IOException)
        {
            LogLeft(context.Method, context.Peer, error.Message);
            return new(StatusCode.Cancelled, "the call has ended");
        }
        if (error is SkeinException or TimeoutException)
        {
            LogNotServed(context.Method, context.Peer, error.Message);
            return new(error is SkeinException known ? CodeOf(known.Kind) : StatusCode.Unavailable, error.Message);
        }
        LogFailed(error, context.Method, context.Peer);
        return new(StatusCode.Internal, "this manager failed at the call; its log has more");
    }

    private static StatusCode CodeOf(ErrorKind kind) => kind switch
    {
        ErrorKind.NotFound => StatusCode.NotFound,
        ErrorKind.InvalidArgument => StatusCode.InvalidArgument,
        ErrorKind.Conflict => StatusCode.AlreadyExists,
        ErrorKind.Unauthenticated => StatusCode.Unauthenticated,
        ErrorKind.Forbidden => StatusCode.PermissionDenied,
        ErrorKind.Unavailable => StatusCode.Unavailable,
        ErrorKind.NotImplemented => StatusCode.Unimplemented,
        _ => StatusCode.Internal,
    };

    [LoggerMessage(1150, LogLevel.Debug, "{Method} of {Peer} broke off: {Reason}")]
    private partial void LogLeft(string method, string peer, string reason);

    [LoggerMessage(1151, LogLevel.Warning, "{Method} of {Peer} cannot be served: {Reason}")]
    private partial void LogNotServed(string method, string peer, string reason);

    [LoggerMessage(1152, LogLevel.Error, "{Method} of {Peer} failed")]
    private partial void LogFailed(Exception error, string method, string peer);
}
