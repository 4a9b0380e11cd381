namespace Skein.Api.Http;

/// <summary>
/// A verb that changes what is here, once begun, is done to its end, its news told, whether its client waits or not: half a removal is worse
/// than one that nobody hears of. As in Docker. What only reads, or is carried by the client's own bytes (pull, push, load, cp), ends with it; so
/// does what leaves nothing when it is cut (create).
/// </summary>
internal static class VerbToEnd
{
    public static IEndpointConventionBuilder ToEnd(this IEndpointConventionBuilder verb)
    {
        verb.Add(static endpoint =>
        {
            var handle = endpoint.RequestDelegate ?? throw new InvalidOperationException($"{endpoint.DisplayName} has no handler");
            endpoint.RequestDelegate = context => context.ToEndAsync(handle);
        });
        return verb;
    }

    /// <summary>For one of several verbs on a route.</summary>
    public static Task ToEndAsync(this HttpContext context, RequestDelegate handle)
    {
        context.RequestAborted = CancellationToken.None;
        return handle(context);
    }
}
