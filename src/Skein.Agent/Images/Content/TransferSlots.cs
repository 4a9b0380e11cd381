using System.Collections.Concurrent;

namespace Skein.Agent.Images.Content;

/// <summary>
/// How many layers come, or go, at a time: Docker's max-concurrent-downloads and -uploads, of each registry. One that takes a byte a
/// second holds its own for days, and keeps no image of another registry from this host, or on it.
/// </summary>
internal sealed class TransferSlots(int ofOrigin)
{
    private readonly ConcurrentDictionary<string, SemaphoreSlim> _byOrigin = new(StringComparer.Ordinal);

    /// <summary>The slot is given back by disposing of it.</summary>
    public async Task<IDisposable> TakeAsync(string origin, CancellationToken cancel)
    {
        var slots = _byOrigin.GetOrAdd(origin, _ => new(ofOrigin));
        await slots.WaitAsync(cancel);
        return new Slot(slots);
    }

    private sealed class Slot(SemaphoreSlim slots) : IDisposable
    {
        public void Dispose() => slots.Release();
    }
}
