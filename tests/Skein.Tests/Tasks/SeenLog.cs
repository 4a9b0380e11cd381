using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Skein.Tests.Tasks;

/// <summary>Keeps what was logged, with the exception that a console would print below it.</summary>
internal sealed class SeenLog : ILoggerFactory, ILogger
{
    public ConcurrentQueue<(string Text, Exception? Error)> Lines { get; } = new();

    public ILogger CreateLogger(string categoryName) => this;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Lines.Enqueue((formatter(state, exception), exception));

    public bool IsEnabled(LogLevel logLevel) => true;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public void Dispose()
    {
    }
}
