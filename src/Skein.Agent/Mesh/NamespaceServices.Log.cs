using Microsoft.Extensions.Logging;

namespace Skein.Agent.Mesh;

public sealed partial class NamespaceServices
{
    [LoggerMessage(4201, LogLevel.Warning, "The mesh could not be programmed for {Where}, and will be again: {Reason}")]
    private static partial void LogNotProgrammed(ILogger log, string where, string reason);

    [LoggerMessage(4202, LogLevel.Warning, "Somebody had changed the mesh in {Where}: {What} put right")]
    private static partial void LogPutRight(ILogger log, string where, string what);
}
