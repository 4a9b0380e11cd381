using Microsoft.Extensions.Logging;
using Skein.Hosting;
using Skein.Managing;
using Skein.NodeLife;
using Xunit;

namespace Skein.Tests.Hosting;

public class DaemonLoggingTests
{
    /// <summary>A stranger could send some thousand messages a second that are none, each with a stack trace of 2 to 25 KiB.</summary>
    [Theory]
    [InlineData(LogLevel.Information)]
    [InlineData(LogLevel.Debug)]
    public void What_strangers_send_writes_no_stack_traces(LogLevel level)
    {
        using var logs = DaemonLogging.Create(level);
        Assert.False(logs.CreateLogger("Grpc.AspNetCore.Server.ServerCallHandler").IsEnabled(LogLevel.Error));
        Assert.False(logs.CreateLogger("Microsoft.AspNetCore.Server.Kestrel.Http2").IsEnabled(LogLevel.Critical));
        Assert.True(logs.CreateLogger<BrokenCalls>().IsEnabled(LogLevel.Error));
    }
}
