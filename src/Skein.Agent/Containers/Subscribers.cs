using System.Threading.Channels;

namespace Skein.Agent.Containers;

/// <summary>Hands each event to everyone subscribed at that moment.</summary>
internal sealed class Subscribers<TEvent>
{
    private readonly Lock gate = new();
    private readonly List<ChannelWriter<TEvent>> subscribers = [];

    public ChannelReader<TEvent> Subscribe(CancellationToken cancel)
    {
        var channel = Channel.CreateUnbounded<TEvent>(new UnboundedChannelOptions { SingleReader = true });
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
