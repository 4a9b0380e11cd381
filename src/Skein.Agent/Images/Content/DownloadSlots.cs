using System.Collections.Concurrent;

namespace Skein.Agent.Images.Content;

/// <summary>
/// How many layers come at a time: Docker's max-concurrent-downloads, of each registry. One that sends a byte a second holds its own for
/// days, and keeps no image of another registry from this host.
/// </summary>
internal sealed class DownloadSlots
{
    public const int OfOrigin = 3;

    private readonly ConcurrentDictionary<string, SemaphoreSlim> _byOrigin = new(StringComparer.Ordinal);

    /// <summary>The slot is given back by disposing of it.</summary>
    public async Task<IDisposable> TakeAsync(string origin, CancellationToken cancel)
    {
        var slots = _byOrigin.GetOrAdd(origin, _ => new(OfOrigin));
        await slots.WaitAsync(cancel);
        return new Slot(slots);
    }

    private sealed class Slot(SemaphoreSlim slots) : IDisposable
    {
        public void Dispose() => slots.Release();
    }
}
