using Skein.Agent.Images;
using Skein.Api.Http;
using Skein.Model;

namespace Skein.Api.Engine;

/// <summary>What has happened here and what happens, by a client's filters.</summary>
internal sealed class EventRoutes(EventHub events, TimeProvider time)
{
    // What an event may be of by a filter of its own; of an image see below.
    private static readonly string[] s_types = ["config", "container", "daemon", "network", "node", "plugin", "secret", "service", "volume"];

    private static readonly TimeSpan s_longestTimer = TimeSpan.FromMilliseconds(uint.MaxValue - 1);

    public void Map(IEndpointRouteBuilder app) => app.MapGet("/events", EventsAsync);

    private async Task EventsAsync(HttpContext context)
    {
        var filters = context.Filters().Accept(["type", "event", "image", "label", "scope", .. s_types]);
        var since = context.QueryTime("since");
        var until = context.QueryTime("until");
        if (since > until)
            throw SkeinException.Invalid($"`since` time ({since.Value.ToUnixTimeSeconds()}) cannot be after `until` time ({until.Value.ToUnixTimeSeconds()})");
        using var subscription = events.Subscribe();
        context.Response.ContentType = ErrorResponse.ContentType;
        await context.Response.Body.FlushAsync(context.RequestAborted);

        // Docker tells of what was when either end is named.
        if (since is not null || until is not null)
        {
            foreach (var past in subscription.Past.Where(e => (since is null || e.Time >= since) && (until is null || e.Time <= until)))
                await WriteAsync(context, filters, past);
        }
        var left = until is { } limit ? limit - time.GetUtcNow() : Timeout.InfiniteTimeSpan;
        if (until is not null && left <= TimeSpan.Zero) return;
        // No timer runs for longer; nobody listens for as long either.
        using var timeUp = new CancellationTokenSource(left > s_longestTimer ? Timeout.InfiniteTimeSpan : left, time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, timeUp.Token);
        await FollowAsync(context, filters, subscription, end.Token);
    }

    private static async Task FollowAsync(HttpContext context, Filters filters, EventHub.Subscription subscription, CancellationToken end)
    {
        try
        {
            await foreach (var next in subscription.Next.ReadAllAsync(end)) await WriteAsync(context, filters, next);
        }
        catch (OperationCanceledException)
        {
            // Until was reached, or the client left.
        }
    }

    private static Task WriteAsync(HttpContext context, Filters filters, EngineEvent happened)
    {
        if (!Wanted(filters, happened)) return Task.CompletedTask;
        var container = happened.Type == "container";
        var legacy = container || happened.Type == "image";
        return context.JsonLineAsync(
            new EventJson
            {
                Status = legacy ? happened.Action : null,
                Id = legacy ? happened.Id : null,
                From = container ? happened.Attributes.GetValueOrDefault("image") : null,
                Type = happened.Type,
                Action = happened.Action,
                Actor = new EventJson.ActorJson(happened.Id, happened.Attributes),
                Scope = happened.Scope,
                Time = happened.Time.ToUnixTimeSeconds(),
                TimeNano = GoTime.UnixNanoseconds(happened.Time),
            },
            EngineJson.Default.EventJson);
    }

    private static bool Wanted(Filters filters, EngineEvent happened)
    {
        var name = happened.Attributes.GetValueOrDefault("name") ?? "";
        return filters.Exact("type", happened.Type)
            && filters.Exact("scope", happened.Scope)
            && filters.Any("event", wanted => happened.Action == wanted || happened.Action.StartsWith(wanted + ":", StringComparison.Ordinal))
            && filters.Labels("label", happened.Attributes)
            && OfImage(filters, happened)
            && Array.TrueForAll(s_types, OfType);

        bool OfType(string type) => !filters.Has(type)
            || (happened.Type == type && filters.Any(type, w => w == name || happened.Id.StartsWith(w, StringComparison.Ordinal)));
    }

    /// <summary>An image's own events, and those of the containers made from it; with or without its tag.</summary>
    private static bool OfImage(Filters filters, EngineEvent happened)
    {
        var name = happened.Attributes.GetValueOrDefault(happened.Type == "image" ? "name" : "image") ?? "";
        return filters.Exact("image", happened.Id, name, ImageReference.TryParse(name, out var reference) ? reference!.FamiliarName : name);
    }
}
