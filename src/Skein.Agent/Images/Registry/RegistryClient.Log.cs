using Microsoft.Extensions.Logging;

namespace Skein.Agent.Images.Registry;

internal sealed partial class RegistryClient
{
    [LoggerMessage(3130, LogLevel.Information, "{Registry} does not serve {Reference}: {Reason}; asking the next registry")]
    private partial void LogFallback(string registry, string reference, string reason);
}
