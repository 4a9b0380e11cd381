using System.Globalization;
using System.Text;
using Skein.Agent.Containers;
using Skein.Api.Containers;
using Skein.Api.Http;
using Skein.NodeLife;
using Skein.Manager.Control;
using Skein.Manager.Logs;
using Skein.Manager.Store;
using Skein.Model;

namespace Skein.Api.Swarm;

/// <summary>/services/ID/logs and /tasks/ID/logs</summary>
internal sealed class LogRoutes(ISwarmNode swarm)
{
    // The third of Docker's streams: what the daemon itself has to say. Its client ends with it, so it comes last.
    private const LogStream DaemonStream = (LogStream)3;

    public void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/services/{id}/logs", ServiceAsync);
        app.MapGet("/tasks/{id}/logs", TaskAsync);
    }

    private Task ServiceAsync(HttpContext context)
    {
        var control = swarm.ManagerControl();
        var query = QueryOf(context);
        var service = control.Find(ObjectKind.Service, context.Route("id"));
        return WriteAsync(context, control, query, new(service.Id), service.Spec.Task.Container.Tty);
    }

    /// <summary>Docker looks at the question before it looks for whom it is about.</summary>
    private static LogQuery QueryOf(HttpContext context)
    {
        CheckTail(context.Query("tail"));
        return ContainerRoutes.LogQueryOf(context);
    }

    /// <summary>What a container's logs take for "all" a service's refuse.</summary>
    private static void CheckTail(string tail)
    {
        if (tail is "" or "all") return;
        if (!int.TryParse(tail, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var lines))
            throw SkeinException.Invalid("tail value must be a positive integer or \"all\"");
        if (lines < 0) throw SkeinException.Invalid("negative tail values not supported");
    }

    private Task TaskAsync(HttpContext context)
    {
        var control = swarm.ManagerControl();
        var query = QueryOf(context);
        var task = control.Find(ObjectKind.Task, context.Route("id"));
        return WriteAsync(context, control, query, LogSelection.Task(task), task.Spec.Container.Tty);
    }

    private async Task WriteAsync(HttpContext context, ISwarmControl control, LogQuery query, LogSelection selection, bool tty)
    {
        var logs = swarm.Logs ?? throw RpcError.NoLeader();
        var request = new LogRequest(query.Stdout, query.Stderr, query.Follow, query.Since, query.Tail);
        var (details, timestamps) = (context.QueryBool("details"), context.QueryBool("timestamps"));
        context.Response.ContentType = StreamFrames.ContentType(tty, context.Version());
        var output = context.Response.BodyWriter;
        await output.FlushAsync(context.RequestAborted);   // the client waits for the head before the first line
        try
        {
            await foreach (var batch in logs.ReadAsync(selection, request, context.RequestAborted))
            {
                foreach (var line in batch.Lines) Write(line.Stderr ? LogStream.Stderr : LogStream.Stdout, Content(line));
                await output.FlushAsync(context.RequestAborted);
            }
        }
        catch (SkeinException incomplete)
        {
            Write(DaemonStream, Encoding.UTF8.GetBytes($"Error grabbing logs: {incomplete.Message}\n"));
            await output.FlushAsync(context.RequestAborted);
        }

        byte[] Content(LogLine line)
        {
            var prefix = details ? LogDetails.Of(line.TaskId, control.Snapshot) + " " : "";
            if (timestamps) prefix = ContainerRoutes.LogStamp(line.Time.ToDateTimeOffset()) + prefix;
            return [.. Encoding.UTF8.GetBytes(prefix), .. line.Data.Span];
        }

        void Write(LogStream stream, byte[] content)
        {
            if (!tty) StreamFrames.WriteFrame(output, stream, content);
            else
            {
                content.CopyTo(output.GetSpan(content.Length));
                output.Advance(content.Length);
            }
        }
    }
}
