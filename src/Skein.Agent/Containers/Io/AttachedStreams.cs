namespace Skein.Agent.Containers.Io;

internal sealed class AttachedStreams(Stream? stdin, Stream? stdout, Stream? stderr, bool tty, Task<int> completion) : IContainerStreams
{
    public Stream? Stdin => stdin;

    public Stream? Stdout => stdout;

    public Stream? Stderr => stderr;

    public bool Tty => tty;

    public Task<int> Completion => completion;

    /// <summary>Leaves; the process runs on, and its input stays as it is.</summary>
    public async ValueTask DisposeAsync()
    {
        if (stdout is not null)
            await stdout.DisposeAsync();
        if (stderr is not null)
            await stderr.DisposeAsync();
    }
}
