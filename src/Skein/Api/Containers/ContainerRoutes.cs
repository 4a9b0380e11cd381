using System.Buffers;
using System.Globalization;
using System.Text;
using Skein.Agent.Containers;
using Skein.Agent.Containers.Stats;
using Skein.Agent.Containers.Volumes;
using Skein.Agent.Images;
using Skein.Api.Engine;
using Skein.Api.Hijack;
using Skein.Api.Http;
using Skein.Api.Images;
using Skein.Api.Networks;
using Skein.Model;
using ContainerStatus = Skein.Agent.Containers.ContainerStatus;

namespace Skein.Api.Containers;

/// <summary>What is there of /containers to look at, and /exec, but for the streams that take over a connection (see Hijack).</summary>
internal sealed class ContainerRoutes(IContainerEngine containers, IImageStore images, ContainerLegs networks, VolumeFolders volumes, TimeProvider time)
{
    private static readonly TimeSpan s_statsInterval = TimeSpan.FromSeconds(1);

    public void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/containers/json", ListAsync);
        app.MapGet("/containers/{id}/json", InspectAsync);
        app.MapGet("/containers/{id}/stats", StatsAsync);
        app.MapGet("/containers/{id}/top", TopAsync);
        app.MapGet("/containers/{id}/logs", LogsAsync);
        app.MapPost("/containers/{id}/resize", ResizeAsync);
        app.MapPost("/containers/{id}/exec", CreateExecAsync);
        app.MapPost("/exec/{id}/resize", ResizeExecAsync);
        app.MapGet("/exec/{id}/json", InspectExecAsync);
    }

    private async Task ListAsync(HttpContext context)
    {
        var filter = new ContainerFilter(context.Filters(), containers, images);
        var limit = context.QueryInt("limit") is { } given and > 0 ? given : int.MaxValue;
        var all = context.QueryBool("all") || limit < int.MaxValue || filter.AnyState;
        var now = time.GetUtcNow();
        var found = containers.List()
            .Where(c => all || c.State.IsRunning)
            .Select(c => (Container: c, Network: networks.Find(c.Id)))
            .Where(c => filter.Takes(c.Container, c.Network))
            .OrderByDescending(c => c.Container.Created)
            .Take(limit)
            .ToList();
        var linked = LinkedNames();
        var rows = new List<ContainerSummaryJson>(found.Count);
        foreach (var (container, network) in found)
        {
            var image = images.UsedBy(container);
            var row = ContainerSummaryJson.From(container, network, image, volumes, now);
            row = row with { Names = [.. row.Names, .. linked[container.Id]] };
            rows.Add(context.QueryBool("size") ? await row.WithSizeAsync(containers, image, context.RequestAborted) : row);
        }
        await context.JsonAsync(rows, ContainersJson.Default.IReadOnlyListContainerSummaryJson);
    }

    /// <summary>As Docker has it: what those that are linked to a container call it is a name of it.</summary>
    private ILookup<string, string> LinkedNames() => containers.List()
        .SelectMany(owner => (owner.Definition.Standalone?.Links ?? []).Select(link => (link.ContainerId, Name: $"/{owner.Name}/{link.Alias}")))
        .ToLookup(link => link.ContainerId, link => link.Name);

    private async Task InspectAsync(HttpContext context)
    {
        var container = containers.Find(context.Route("id"));
        var image = images.UsedBy(container);
        var answer = ContainerInspectJson.From(container, networks.Find(container.Id), image, volumes, containers.Cgroups);
        if (context.QueryBool("size"))
        {
            var written = await containers.WrittenAsync(container.Id, context.RequestAborted);
            answer = answer with { SizeRw = written, SizeRootFs = ContainerSummaryJson.RootSize(written, image) };
        }
        await context.JsonAsync(answer, ContainersJson.Default.ContainerInspectJson);
    }

    /// <summary>One sample a second; stream=false: the second of two, so that there is a difference, with one-shot the first.</summary>
    private async Task StatsAsync(HttpContext context)
    {
        var id = containers.Find(context.Route("id")).Id;
        var stream = context.Query("stream").Length == 0 || context.QueryBool("stream");
        var before = stream || context.QueryBool("one-shot") ? null : await NextStatsAsync(id, context.RequestAborted);
        context.Response.ContentType = ErrorResponse.ContentType;
        try
        {
            do
            {
                var container = containers.Find(id);
                var now = containers.ReadStats(id);
                await context.JsonLineAsync(StatsJson.From(container, now, before), StatsJsonContext.Default.StatsJson);
                before = now;
                if (stream) await Task.Delay(s_statsInterval, time, context.RequestAborted);
            }
            while (stream);
        }
        catch (SkeinException) when (context.Response.HasStarted)
        {
            // It was removed: the stream ends.
        }
    }

    private async Task<ContainerStats?> NextStatsAsync(string id, CancellationToken cancel)
    {
        var first = containers.ReadStats(id);
        if (first is not null) await Task.Delay(s_statsInterval, time, cancel);
        return first;
    }

    private async Task TopAsync(HttpContext context)
    {
        var arguments = context.Query("ps_args") is { Length: > 0 } given ? given : "-ef";
        var (titles, processes) = await containers.TopAsync(context.Route("id"), arguments, context.RequestAborted);
        await context.JsonAsync(new TopJson(titles, processes), ContainersJson.Default.TopJson);
    }

    private async Task LogsAsync(HttpContext context)
    {
        var query = LogQueryOf(context);
        var container = containers.Find(context.Route("id"));
        var (timestamps, details) = (context.QueryBool("timestamps"), context.QueryBool("details"));
        var lines = containers.ReadLogsAsync(container.Id, query, context.RequestAborted);
        // Docker writes the space without any, too.
        var attributes = details
            ? Encoding.UTF8.GetBytes(string.Join(',', containers.LogAttributesOf(container.Id).Select(a => $"{Uri.EscapeDataString(a.Key)}={Uri.EscapeDataString(a.Value)}")) + ' ')
            : [];
        var tty = container.Definition.Spec.Tty;
        context.Response.ContentType = StreamFrames.ContentType(tty, context.Version());
        await context.Response.BodyWriter.FlushAsync(context.RequestAborted);   // the client waits for the head before the first line
        await foreach (var line in lines)
        {
            var content = details ? new ReadOnlyMemory<byte>([.. attributes, .. line.Line.Span]) : line.Line;
            if (timestamps) content = WithTimestamp(line.Time, content);
            if (tty) context.Response.BodyWriter.Write(content.Span);
            else StreamFrames.WriteFrame(context.Response.BodyWriter, line.Stream, content.Span);
            // Whoever listened has left.
            if ((await context.Response.BodyWriter.FlushAsync(context.RequestAborted)).IsCompleted) return;
        }
    }

    internal static LogQuery LogQueryOf(HttpContext context)
    {
        var (stdout, stderr) = (context.QueryBool("stdout"), context.QueryBool("stderr"));
        if (!stdout && !stderr) throw SkeinException.Invalid("Bad parameters: you must choose at least one stream");
        var tail = context.Query("tail");
        int? lines = tail is "" or "all" ? null : int.TryParse(tail, out var n) && n >= 0 ? n : null;   // Docker reads nonsense as "all"
        return new LogQuery(stdout, stderr, context.QueryBool("follow"), Bound("since"), Bound("until"), lines);

        // To logs, unlike to events, 0 is no bound.
        DateTimeOffset? Bound(string name) => context.Query(name) == "0" ? null : context.QueryTime(name);
    }

    internal static string LogStamp(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'00Z '", CultureInfo.InvariantCulture);

    private static ReadOnlyMemory<byte> WithTimestamp(DateTimeOffset time, ReadOnlyMemory<byte> line) =>
        (byte[])[.. Encoding.ASCII.GetBytes(LogStamp(time)), .. line.Span];

    private async Task ResizeAsync(HttpContext context)
    {
        var (height, width) = Size(context);
        await containers.ResizeAsync(context.Route("id"), height, width, context.RequestAborted);
        await context.EmptyAsync(StatusCodes.Status200OK);
    }

    private async Task CreateExecAsync(HttpContext context)
    {
        var body = await context.BodyAsync(ContainersJson.Default.ExecCreateJson);
        if (body.Cmd is null or []) throw SkeinException.Invalid("No exec command specified");
        DetachKeys.Parse(body.DetachKeys ?? "", "escape");
        var exec = await containers.CreateExecAsync(context.Route("id"), body.ToModel(), context.RequestAborted);
        await context.JsonAsync(new IdJson(exec.Id), ContainersJson.Default.IdJson, StatusCodes.Status201Created);
    }

    private async Task ResizeExecAsync(HttpContext context)
    {
        var (height, width) = Size(context);
        await containers.ResizeExecAsync(context.Route("id"), height, width, context.RequestAborted);
        await context.EmptyAsync(StatusCodes.Status200OK);
    }

    private static (uint Height, uint Width) Size(HttpContext context) => (Dimension(context, "h"), Dimension(context, "w"));

    private static uint Dimension(HttpContext context, string name) =>
        uint.TryParse(context.Query(name), NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw SkeinException.Invalid($"strconv.ParseUint: parsing \"{context.Query(name)}\": invalid syntax");

    private Task InspectExecAsync(HttpContext context) =>
        context.JsonAsync(ExecInspectJson.From(containers.FindExec(context.Route("id"))), ContainersJson.Default.ExecInspectJson);
}
