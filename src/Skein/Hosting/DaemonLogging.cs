using Microsoft.Extensions.Logging.Console;

namespace Skein.Hosting;

/// <summary>One line an event, on the standard error: with the time for a person, with systemd's level prefix for the journal.</summary>
internal static class DaemonLogging
{
    public static ILoggerFactory Create(LogLevel level) => LoggerFactory.Create(logging =>
    {
        logging.SetMinimumLevel(level);
        // The web server's own words are of no use to who runs a swarm, but for its warnings.
        logging.AddFilter("Microsoft", level > LogLevel.Warning ? level : LogLevel.Warning);
        logging.AddFilter("Grpc", level > LogLevel.Warning ? level : LogLevel.Warning);
        // A message that is none has a stack trace here, whoever sent it, as often as it is sent. What fails in a call of ours is said by BrokenCalls.
        logging.AddFilter("Grpc.AspNetCore.Server", LogLevel.None);
        // Nor has a connection that is cut for what it does: a flood of settings is "critical" there.
        logging.AddFilter("Microsoft.AspNetCore.Server.Kestrel.Http2", LogLevel.None);
        logging.Services.Configure<ConsoleLoggerOptions>(options => options.LogToStandardErrorThreshold = LogLevel.Trace);
        if (Environment.GetEnvironmentVariable("JOURNAL_STREAM") is { Length: > 0 })
        {
            logging.AddSystemdConsole();
            return;
        }
        logging.AddSimpleConsole(options =>
        {
            options.SingleLine = true;
            options.TimestampFormat = "yyyy-MM-dd HH:mm:ss.fff ";
            options.UseUtcTimestamp = false;
            options.ColorBehavior = LoggerColorBehavior.Disabled;
        });
    });
}
