namespace Skein.Api.Builds;

/// <summary>
/// Which images BuildKit is going to send for which client's session. A build asks for its result in one call, and the result comes
/// over the client's session in another: by the session's id, and the exporter's place, they find each other.
/// </summary>
internal sealed class AwaitedImages
{
    private readonly Lock _lock = new();
    private readonly List<(string Session, IReadOnlyList<int> Exporters)> _awaited = [];

    /// <summary>Until the answer is disposed.</summary>
    public IDisposable Await(string session, IReadOnlyList<int> exporters)
    {
        var entry = (session, exporters);
        lock (_lock) _awaited.Add(entry);
        return new Awaiting(() =>
        {
            lock (_lock) _awaited.Remove(entry);
        });
    }

    /// <param name="exporter">null from BuildKit before 0.13, which has one exporter a build.</param>
    public bool Contains(string session, int? exporter)
    {
        lock (_lock) return _awaited.Any(entry => entry.Session == session && (exporter is null || entry.Exporters.Contains(exporter.Value)));
    }

    private sealed class Awaiting(Action end) : IDisposable
    {
        public void Dispose() => end();
    }
}
