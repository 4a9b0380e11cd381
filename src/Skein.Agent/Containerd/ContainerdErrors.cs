using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Skein.Agent.Containerd;

/// <summary>
/// Errors of calls in words that may be shown: containerd's own without gRPC's around them, and of a containerd that is away, or
/// goes while it is asked, that it does not answer (Unavailable, whatever the transport met with).
/// </summary>
internal sealed class ContainerdErrors(string socketPath) : Interceptor
{
    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
    {
        var call = continuation(request, context);
        return new(TellAsync(() => call.ResponseAsync, context.Options.CancellationToken), call.ResponseHeadersAsync, call.GetStatus, call.GetTrailers, call.Dispose);
    }

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncServerStreamingCallContinuation<TRequest, TResponse> continuation)
    {
        var call = continuation(request, context);
        return new(new Reader<TResponse>(this, call.ResponseStream), call.ResponseHeadersAsync, call.GetStatus, call.GetTrailers, call.Dispose);
    }

    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
        ClientInterceptorContext<TRequest, TResponse> context, AsyncDuplexStreamingCallContinuation<TRequest, TResponse> continuation)
    {
        var call = continuation(context);
        var writer = new Writer<TRequest>(this, call.RequestStream, context.Options.CancellationToken);
        return new(writer, new Reader<TResponse>(this, call.ResponseStream), call.ResponseHeadersAsync, call.GetStatus, call.GetTrailers, call.Dispose);
    }

    private async Task<T> TellAsync<T>(Func<Task<T>> call, CancellationToken cancel)
    {
        try
        {
            return await call();
        }
        catch (RpcException error)
        {
            var status = StatusOf(error, cancel);
            throw new RpcException(status, error.Trailers, status.Detail.Length > 0 ? status.Detail : error.Message);
        }
    }

    private Status StatusOf(RpcException error, CancellationToken cancel)
    {
        if (IsAway(error, cancel)) return new(StatusCode.Unavailable, $"containerd does not answer at {socketPath}", error);
        // It passes the deadline on to the shim, and may be faster than we in saying, without a code, that it is over.
        var late = error.StatusCode == StatusCode.DeadlineExceeded || error.Status.Detail.Contains("context deadline exceeded", StringComparison.Ordinal);
        return late ? new(StatusCode.DeadlineExceeded, error.Status.Detail is { Length: > 0 } said ? said : "containerd did not answer in time", error) : error.Status;
    }

    // Only a transport that failed leaves an exception; a containerd that ends cancels what is under way.
    private static bool IsAway(RpcException error, CancellationToken cancel) => error.StatusCode switch
    {
        StatusCode.Unavailable => error.Status.DebugException is not null,
        StatusCode.Cancelled => !cancel.IsCancellationRequested,
        _ => error.Status.DebugException is IOException or HttpRequestException,
    };

    private sealed class Reader<T>(ContainerdErrors errors, IAsyncStreamReader<T> reader) : IAsyncStreamReader<T>
    {
        public T Current => reader.Current;

        public Task<bool> MoveNext(CancellationToken cancellationToken) => errors.TellAsync(() => reader.MoveNext(cancellationToken), cancellationToken);
    }

    private sealed class Writer<T>(ContainerdErrors errors, IClientStreamWriter<T> writer, CancellationToken cancel) : IClientStreamWriter<T>
    {
        public WriteOptions? WriteOptions
        {
            get => writer.WriteOptions;
            set => writer.WriteOptions = value;
        }

        public Task WriteAsync(T message) => WriteAsync(message, cancel);

        public Task WriteAsync(T message, CancellationToken cancellationToken) => errors.TellAsync(
            async () =>
            {
                await writer.WriteAsync(message, cancellationToken);
                return true;
            },
            cancellationToken);

        public Task CompleteAsync() => writer.CompleteAsync();
    }
}
