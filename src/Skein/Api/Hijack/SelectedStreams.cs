using Skein.Agent.Containers;

namespace Skein.Api.Hijack;

/// <summary>The streams of an attach that the client asked for. The others are left at once: unread, they would hold the process up.</summary>
internal sealed class SelectedStreams(IContainerStreams streams, bool stdin, bool stdout, bool stderr) : IContainerStreams
{
    public Stream? Stdin => stdin ? streams.Stdin : null;

    public Stream? Stdout { get; } = Selected(streams.Stdout, stdout);

    public Stream? Stderr { get; } = Selected(streams.Stderr, stderr);

    public bool Tty => streams.Tty;

    public Task<int> Completion => streams.Completion;

    public ValueTask DisposeAsync() => streams.DisposeAsync();

    private static Stream? Selected(Stream? output, bool wanted)
    {
        if (wanted) return output;
        output?.Dispose();
        return null;
    }
}
