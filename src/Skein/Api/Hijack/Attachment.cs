using Skein.Agent.Containers;

namespace Skein.Api.Hijack;

/// <summary>
/// An attach that is opened and not answered yet. The container's log ends for it where its streams begin, so that nothing
/// printed meanwhile is missing; what had no newline then, is in neither, as in Docker.
/// </summary>
internal sealed class Attachment : IAsyncDisposable
{
    private readonly AttachQuery _asked;
    private readonly IAsyncEnumerator<ContainerLogLine>? _earlier;
    private bool _hasEarlier;

    private Attachment(SelectedStreams streams, AttachQuery asked, IAsyncEnumerator<ContainerLogLine>? earlier, bool hasEarlier) =>
        (Streams, _asked, _earlier, _hasEarlier) = (streams, asked, earlier, hasEarlier);

    public SelectedStreams Streams { get; }

    public DetachKeys Keys => _asked.Keys;

    /// <exception cref="Model.SkeinException">There is no such container, or none whose log can be read; before anything is answered.</exception>
    public static async Task<Attachment> OpenAsync(IContainerEngine containers, string id, AttachQuery asked, CancellationToken cancel)
    {
        var streams = new SelectedStreams(await containers.AttachAsync(id, cancel), asked.Stdin, asked.Stdout, asked.Stderr);
        if (!asked.Logs) return new(streams, asked, null, false);
        try
        {
            var query = new LogQuery(asked.Stdout, asked.Stderr, Follow: false, null, null, null);
            var earlier = containers.ReadLogsAsync(id, query, cancel).GetAsyncEnumerator(cancel);
            return new(streams, asked, earlier, await earlier.MoveNextAsync());
        }
        catch
        {
            await streams.DisposeAsync();
            throw;
        }
    }

    public async Task RunAsync(IAttachedClient client, CancellationToken stopping, CancellationToken cancel)
    {
        if (await ShowEarlierAsync(client, cancel)) await StreamPump.RunAsync(Streams, client, Keys, stopping, cancel);
        else await client.TakeLeaveAsync(cancel);
    }

    /// <returns>Whether the streams are to follow.</returns>
    public async Task<bool> ShowEarlierAsync(IAttachedClient client, CancellationToken cancel)
    {
        for (; _hasEarlier; _hasEarlier = await _earlier!.MoveNextAsync())
        {
            var line = _earlier!.Current;
            if (!await client.ShowAsync(line.Stream, line.Line, cancel)) return false;
        }
        return _asked.Stream;
    }

    public async ValueTask DisposeAsync()
    {
        if (_earlier is not null) await _earlier.DisposeAsync();
        await Streams.DisposeAsync();
    }
}
