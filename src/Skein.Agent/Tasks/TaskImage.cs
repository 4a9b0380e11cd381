using Microsoft.Extensions.Logging;
using Skein.Agent.Images;
using Skein.Model;

namespace Skein.Agent.Tasks;

/// <summary>
/// The image a task starts from. As Docker does: the registry is asked even for a tag that is here, to get the newest,
/// and what is here is taken when it has no answer. Docker waits for that as long as its transport does; here an image
/// that is at hand waits for the registry's word, not for the download that may follow, <see cref="AnswerPatience"/>.
/// </summary>
internal sealed partial class TaskImage(IImageStore images, TimeProvider time, ILogger logger)
{
    public static readonly TimeSpan AnswerPatience = TimeSpan.FromSeconds(2);

    private readonly ILogger _logger = logger;

    public async Task<ImageRecord> FetchAsync(string reference, RegistryAuth? auth, CancellationToken cancel)
    {
        if (images.TryFind(reference) is not { } here) return await PullAsync(reference, auth, cancel);
        // A digest names one content for ever: no registry can have a newer one.
        if (ImageReference.Parse(reference).Digest.Length > 0) return await images.PullAsync(reference, auth, null, cancel);
        try
        {
            await AskAsync(reference, auth, cancel);
            return await images.PullAsync(reference, auth, null, cancel);
        }
        catch (SkeinException error)
        {
            LogNotRenewed(reference, error.Message);
            return here;
        }
    }

    private async Task AskAsync(string reference, RegistryAuth? auth, CancellationToken cancel)
    {
        using var patience = new CancellationTokenSource(AnswerPatience, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancel, patience.Token);
        try
        {
            await images.ResolveAsync(reference, auth, both.Token);
        }
        catch (OperationCanceledException error) when (!cancel.IsCancellationRequested)
        {
            throw new SkeinException(ErrorKind.Internal, $"its registry gave no answer within {AnswerPatience.TotalSeconds} s", error);
        }
    }

    private async Task<ImageRecord> PullAsync(string reference, RegistryAuth? auth, CancellationToken cancel)
    {
        try
        {
            return await images.PullAsync(reference, auth, null, cancel);
        }
        catch (SkeinException error)
        {
            // Another's pull may have brought it meanwhile.
            var why = error.Kind == ErrorKind.NotFound ? "" : $" ({error.Message})";
            return images.TryFind(reference) ?? throw new SkeinException(ErrorKind.NotFound, $"No such image: {ImageReference.Parse(reference).Familiar}{why}", error);
        }
    }

    [LoggerMessage(3254, LogLevel.Warning, "image {Reference} is taken as it is here: {Reason}")]
    private partial void LogNotRenewed(string reference, string reason);
}
