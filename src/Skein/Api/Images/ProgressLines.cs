using System.Threading.Channels;
using Skein.Agent.Images;
using Skein.Api.Http;

namespace Skein.Api.Images;

/// <summary>The answer of a pull or push: a line for each step while it is made, and one for its failure once the status is sent.</summary>
internal static class ProgressLines
{
    public static async Task RunAsync(HttpContext context, Func<IProgress<ImageProgress>, Task> work)
    {
        context.Response.ContentType = ErrorResponse.ContentType;
        // Progress is said from the transfers' threads; one writer puts it on the wire.
        var lines = Channel.CreateUnbounded<ImageProgress>(new UnboundedChannelOptions { SingleReader = true });
        var working = WorkAsync(work, lines.Writer);
        await foreach (var line in lines.Reader.ReadAllAsync(context.RequestAborted))
            await context.JsonLineAsync(ProgressJson.From(line), ImagesJson.Default.ProgressJson);
        try
        {
            await working;
        }
        catch (Exception error) when (context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested)
        {
            // The status is sent: only a line can still tell, also of what nobody foresaw.
            await context.JsonLineAsync(ProgressJson.Failed(ErrorResponse.MessageOf(error)), ImagesJson.Default.ProgressJson);
        }
    }

    private static async Task WorkAsync(Func<IProgress<ImageProgress>, Task> work, ChannelWriter<ImageProgress> lines)
    {
        try
        {
            await work(new ChannelProgress(lines));
        }
        finally
        {
            lines.Complete();
        }
    }

    private sealed class ChannelProgress(ChannelWriter<ImageProgress> lines) : IProgress<ImageProgress>
    {
        public void Report(ImageProgress value) => lines.TryWrite(value);
    }
}
