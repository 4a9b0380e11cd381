namespace Skein.Agent.Containers;

/// <summary>The standard streams of a process. With a terminal there is no <see cref="Stderr"/>.</summary>
public interface IContainerStreams : IAsyncDisposable
{
    /// <summary>null when not attached; closing it is the process's end of file.</summary>
    Stream? Stdin { get; }

    Stream? Stdout { get; }

    Stream? Stderr { get; }

    bool Tty { get; }

    /// <summary>Completes with the exit code when the process has ended and its output has been read to the end.</summary>
    Task<int> Completion { get; }
}
