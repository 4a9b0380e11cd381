using Microsoft.Extensions.Logging;

namespace Skein.Agent.Images;

public sealed partial class ImageStore
{
    [LoggerMessage(3131, LogLevel.Information, "pulled {Reference} ({Digest}) in {Elapsed}")]
    private partial void LogPulled(string reference, string digest, TimeSpan elapsed);

    [LoggerMessage(3132, LogLevel.Warning, "image {Name} in containerd is left out: {Reason}")]
    private partial void LogUnreadable(string name, string reason);

    [LoggerMessage(3133, LogLevel.Information, "{Count} image names found in containerd")]
    private partial void LogOpened(int count);

    [LoggerMessage(3134, LogLevel.Information, "pushed {Reference} ({Digest}) in {Elapsed}")]
    private partial void LogPushed(string reference, string digest, TimeSpan elapsed);
}
