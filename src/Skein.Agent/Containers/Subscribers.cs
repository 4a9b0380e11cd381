using System.Threading.Channels;

namespace Skein.Agent.Containers;

/// <summary>
/// Hands each event to everyone subscribed at that moment. Who does not read loses its oldest, and never the host its memory: events
/// tell what happened, and nothing here is decided by them.
/// </summary>
internal sealed class Subscribers<TEvent>
{
    /// <summary>Docker's, of each listener.</summary>
    public const int Kept = 1024;

    private readonly Lock gate = new();
    private readonly List<ChannelWriter<TEvent>> subscribers = [];

    public ChannelReader<TEvent> Subscribe(CancellationToken cancel)
    {
        var channel = Channel.CreateBounded<TEvent>(new BoundedChannelOptions(Kept) { FullMode = BoundedChannelFullMode.DropOldest });
        lock (gate)
            subscribers.Add(channel.Writer);
        cancel.Register(() =>
        {
            lock (gate)
                subscribers.Remove(channel.Writer);
            channel.Writer.TryComplete();
        });
        return channel.Reader;
    }

    public void Publish(TEvent what)
    {
        lock (gate)
        {
            foreach (var subscriber in subscribers)
                subscriber.TryWrite(what);
        }
    }
}
