using Skein.Agent.Containers;

namespace Skein.Tests.Api;

/// <summary>The streams of a process that never ends; left as the engine's are.</summary>
internal sealed class FakeStreams(Stream stdout, Stream stderr, Stream? stdin = null) : IContainerStreams
{
    public Stream? Stdin => stdin;

    public Stream? Stdout => stdout;

    public Stream? Stderr => stderr;

    public bool Tty => false;

    public Task<int> Completion { get; init; } = new TaskCompletionSource<int>().Task;

    public async ValueTask DisposeAsync()
    {
        await stdout.DisposeAsync();
        await stderr.DisposeAsync();
    }
}
