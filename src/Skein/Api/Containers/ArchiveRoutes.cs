using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Skein.Agent.Containers;
using Skein.Agent.Containers.Archive;
using Skein.Agent.Streams;
using Skein.Api.Http;
using Skein.Linux.Files;
using Skein.Model;

namespace Skein.Api.Containers;

/// <summary>A container's files: `docker cp`, `docker export`, `docker diff`.</summary>
internal sealed class ArchiveRoutes(IContainerEngine containers)
{
    private const string StatHeader = "X-Docker-Container-Path-Stat";
    private const string TarType = "application/x-tar";

    // Who packs is a thread of its own, and waits whenever it is full.
    private static readonly PipeOptions s_large = new(pauseWriterThreshold: 1 << 20, resumeWriterThreshold: 1 << 19, minimumSegmentSize: 1 << 16, useSynchronizationContext: false);

    public void Map(IEndpointRouteBuilder app)
    {
        app.MapMethods("/containers/{id}/archive", [HttpMethods.Head], StatAsync);
        app.MapGet("/containers/{id}/archive", ReadAsync);
        app.MapPut("/containers/{id}/archive", WriteAsync);
        app.MapGet("/containers/{id}/export", ExportAsync);
        app.MapGet("/containers/{id}/changes", ChangesAsync);
    }

    private async Task StatAsync(HttpContext context)
    {
        context.Response.Headers[StatHeader] = Header(await containers.StatPathAsync(Named(context), PathOf(context), context.RequestAborted));
        await context.EmptyAsync(StatusCodes.Status200OK);
    }

    private Task ReadAsync(HttpContext context)
    {
        var (id, path) = (Named(context), PathOf(context));
        return SendAsync(context, begin => containers.ReadArchiveAsync(id, path, stat =>
        {
            context.Response.Headers[StatHeader] = Header(stat);
            return begin();
        }, context.RequestAborted));
    }

    private Task ExportAsync(HttpContext context)
    {
        var id = Named(context);
        return SendAsync(context, begin => containers.ExportAsync(id, begin, context.RequestAborted));
    }

    /// <summary>Nothing is answered before the first byte: until then it can be refused.</summary>
    private static async Task SendAsync(HttpContext context, Func<Func<Stream>, Task> write)
    {
        var pipe = new Pipe(s_large);
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var writing = Task.Run(async () =>
        {
            try
            {
                await write(() =>
                {
                    begun.TrySetResult();
                    return pipe.Writer.AsStream(leaveOpen: true);
                });
                await pipe.Writer.CompleteAsync();
            }
            catch (Exception error)
            {
                begun.TrySetException(error);
                await pipe.Writer.CompleteAsync(error);
            }
        });
        await begun.Task;
        context.Response.ContentType = TarType;
        try
        {
            await pipe.Reader.CopyToAsync(context.Response.BodyWriter, context.RequestAborted);
        }
        finally
        {
            await pipe.Reader.CompleteAsync();
            await writing;
        }
    }

    private async Task WriteAsync(HttpContext context)
    {
        var (id, path) = (Named(context), PathOf(context));
        var (keepKinds, owners) = (context.QueryBool("noOverwriteDirNonDir"), context.QueryBool("copyUIDGID"));
        await using (var tar = await Compression.OpenAsync(context.Request.BodyReader.AsStream(), context.RequestAborted))
        {
            await containers.WriteArchiveAsync(id, path, tar, keepKinds, owners, context.RequestAborted);
        }
        await context.EmptyAsync(StatusCodes.Status200OK);
    }

    private async Task ChangesAsync(HttpContext context)
    {
        var changes = await containers.ChangesAsync(Named(context), context.RequestAborted);
        // Docker has null for none.
        var answer = changes.Count == 0 ? null : changes.Select(change => new ChangeJson(change.Path, (int)change.Kind)).ToList();
        await context.JsonAsync(answer, ArchiveJson.Default.IReadOnlyListChangeJson!);
    }

    /// <summary>As the client has named it: so it stands in what it is told.</summary>
    private static string Named(HttpContext context) => context.Route("id");

    private static KernelPath PathOf(HttpContext context) =>
        context.QueryBytes("path") is { Length: > 0 } path ? KernelPath.Of(path) : throw SkeinException.Invalid("bad parameter: 'path' cannot be empty");

    private static string Header(PathStat stat) => Convert.ToBase64String(JsonSerializer.SerializeToUtf8Bytes(
        new PathStatJson(stat.Name, stat.Size, stat.Mode, GoTime.Format(stat.Modified), stat.LinkTarget), ArchiveJson.Default.PathStatJson));
}

/// <summary>What a client decodes from the header of an archive.</summary>
internal sealed record PathStatJson(
    [property: JsonPropertyName("name")] string Name,
    [property: JsonPropertyName("size")] long Size,
    [property: JsonPropertyName("mode")] uint Mode,
    [property: JsonPropertyName("mtime")] string Modified,
    [property: JsonPropertyName("linkTarget")] string LinkTarget);

internal sealed record ChangeJson(string Path, int Kind);

[JsonSerializable(typeof(PathStatJson))]
[JsonSerializable(typeof(IReadOnlyList<ChangeJson>))]
internal sealed partial class ArchiveJson : JsonSerializerContext;
