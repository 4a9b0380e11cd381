using Skein.Model;

namespace Skein.Hosting;

internal static class LogLevels
{
    /// <exception cref="SkeinException">Another word than Docker's.</exception>
    public static LogLevel Parse(string text) => text switch
    {
        "debug" => LogLevel.Debug,
        "info" => LogLevel.Information,
        "warn" => LogLevel.Warning,
        "error" => LogLevel.Error,
        "fatal" => LogLevel.Critical,
        _ => throw SkeinException.Invalid($"invalid logging level: {text} (debug, info, warn, error or fatal)"),
    };
}
