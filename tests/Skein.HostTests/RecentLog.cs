using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Skein.HostTests;

/// <summary>The last lines that the product logged, for the message of a test that waited in vain.</summary>
internal sealed class RecentLog : ILoggerProvider, ILogger
{
    private const int Kept = 200;
    private readonly ConcurrentQueue<string> _lines = new();

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        _lines.Enqueue($"{DateTime.UtcNow:HH:mm:ss.fff} {logLevel} {formatter(state, exception)}{(exception is null ? "" : $": {exception.Message}")}");
        if (_lines.Count > Kept) _lines.TryDequeue(out _);
    }

    public override string ToString() => string.Join('\n', _lines);

    public void Dispose()
    {
    }
}
