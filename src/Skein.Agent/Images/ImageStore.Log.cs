using Microsoft.Extensions.Logging;

namespace Skein.Agent.Images;

public sealed partial class ImageStore
{
    [LoggerMessage(EventId = 3110, Level = LogLevel.Information, Message = "pulled {Reference} ({Digest}) in {Elapsed}")]
    private partial void LogPulled(string reference, string digest, TimeSpan elapsed);

    [LoggerMessage(EventId = 3111, Level = LogLevel.Warning, Message = "image {Name} in containerd is left out: {Reason}")]
    private partial void LogUnreadable(string name, string reason);

    [LoggerMessage(EventId = 3112, Level = LogLevel.Information, Message = "{Count} image names found in containerd")]
    private partial void LogOpened(int count);
}
