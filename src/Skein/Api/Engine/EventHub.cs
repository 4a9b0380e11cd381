using System.Collections.Concurrent;
using System.Globalization;
using System.Threading.Channels;

namespace Skein.Api.Engine;

/// <summary>
/// Docker's events: the newest 256 kept, as Docker does, and every listener told of the next. A listener that does not
/// read loses its oldest, never the daemon its memory.
/// </summary>
public sealed class EventHub(TimeProvider time)
{
    private const int Kept = 256;
    private const int ListenerBuffer = 1024;

    private readonly Lock _lock = new();
    private readonly Queue<EngineEvent> _history = new();
    private readonly ConcurrentDictionary<Channel<EngineEvent>, byte> _listeners = new();

    public int Listeners => _listeners.Count;

    public void Publish(string type, string action, string id, string scope, IReadOnlyDictionary<string, string> attributes) =>
        Publish(new EngineEvent(time.GetUtcNow(), type, action, id, scope, attributes));

    /// <summary>After the events of what went, and without any too.</summary>
    /// <param name="reclaimed">Bytes.</param>
    public void PublishPrune(string type, long reclaimed) =>
        Publish(type, "prune", "", "local", new Dictionary<string, string> { ["reclaimed"] = reclaimed.ToString(CultureInfo.InvariantCulture) });

    public void Publish(EngineEvent happened)
    {
        lock (_lock)
        {
            _history.Enqueue(happened);
            if (_history.Count > Kept) _history.Dequeue();
            foreach (var listener in _listeners.Keys) listener.Writer.TryWrite(happened);
        }
    }

    /// <summary>What is kept, and a reader of all that follows; dispose to leave.</summary>
    public Subscription Subscribe()
    {
        var channel = Channel.CreateBounded<EngineEvent>(new BoundedChannelOptions(ListenerBuffer) { FullMode = BoundedChannelFullMode.DropOldest });
        lock (_lock)
        {
            _listeners[channel] = 0;
            return new Subscription([.. _history], channel.Reader, () => _listeners.TryRemove(channel, out _));
        }
    }

    public sealed record Subscription(IReadOnlyList<EngineEvent> Past, ChannelReader<EngineEvent> Next, Action Leave) : IDisposable
    {
        public void Dispose() => Leave();
    }
}
