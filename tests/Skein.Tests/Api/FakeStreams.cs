using Skein.Agent.Containers;

namespace Skein.Tests.Api;

/// <summary>The streams of a process that never ends by itself; left as the engine's are.</summary>
internal sealed class FakeStreams(Stream stdout, Stream stderr, Stream? stdin = null, bool tty = false) : IContainerStreams
{
    public Stream? Stdin => stdin;

    public Stream? Stdout => stdout;

    public Stream? Stderr => stderr;

    public bool Tty => tty;

    public TaskCompletionSource<int> Exit { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<int> Completion => Exit.Task;

    public async ValueTask DisposeAsync()
    {
        await stdout.DisposeAsync();
        await stderr.DisposeAsync();
    }
}
