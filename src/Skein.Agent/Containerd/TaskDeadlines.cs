using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Skein.Agent.Containerd;

/// <summary>
/// How long containerd may take over a call about a task. It passes such calls on to the container's shim and waits for it without
/// end: a shim that stands still, stopped or held up by a pipe, would otherwise hold up all that is done to its container.
/// </summary>
internal sealed class TaskDeadlines(TimeProvider time) : Interceptor
{
    // A loaded host's shim takes seconds over what takes milliseconds at rest.
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(10);

    // Unmounts the root, and removes the cgroups.
    private static readonly TimeSpan Removal = TimeSpan.FromSeconds(20);

    // The shim opens the pipes of an exec for up to 30 s itself; a container's start waits for its mounts and hooks besides.
    private static readonly TimeSpan Start = TimeSpan.FromSeconds(90);

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
    {
        if (context.Options.Deadline is null && Of(context.Method.FullName) is { } patience)
        {
            var options = context.Options.WithDeadline((time.GetUtcNow() + patience).UtcDateTime);
            context = new(context.Method, context.Host, options);
        }
        return continuation(request, context);
    }

    /// <returns>null for a call that asks no shim, or waits for a process's end.</returns>
    public static TimeSpan? Of(string method) => method switch
    {
        "/containerd.services.tasks.v1.Tasks/Create" or "/containerd.services.tasks.v1.Tasks/Start" => Start,
        "/containerd.services.tasks.v1.Tasks/Delete" or "/containerd.services.tasks.v1.Tasks/DeleteProcess" => Removal,
        "/containerd.services.tasks.v1.Tasks/Wait" => null,
        _ => method.StartsWith("/containerd.services.tasks.v1.Tasks/", StringComparison.Ordinal) ? Short : null,
    };
}
