using Skein.Agent.Containers;

namespace Skein.Api.Hijack;

/// <summary>The streams of an attach that the client asked for.</summary>
internal sealed class SelectedStreams(IContainerStreams streams, bool stdin, bool stdout, bool stderr) : IContainerStreams
{
    public Stream? Stdin => stdin ? streams.Stdin : null;

    public Stream? Stdout => stdout ? streams.Stdout : null;

    public Stream? Stderr => stderr ? streams.Stderr : null;

    public bool Tty => streams.Tty;

    public Task<int> Completion => streams.Completion;

    public ValueTask DisposeAsync() => streams.DisposeAsync();
}
