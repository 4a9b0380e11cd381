using System.Threading.Channels;

namespace Skein.Agent.Containers;

/// <summary>Hands each event to everyone subscribed at that moment.</summary>
internal sealed class ContainerEvents
{
    private readonly Lock gate = new();
    private readonly List<ChannelWriter<ContainerEvent>> subscribers = [];

    public ChannelReader<ContainerEvent> Subscribe(CancellationToken cancel)
    {
        var channel = Channel.CreateUnbounded<ContainerEvent>(new UnboundedChannelOptions { SingleReader = true });
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

    public void Publish(ContainerEvent what)
    {
        lock (gate)
        {
            foreach (var subscriber in subscribers)
                subscriber.TryWrite(what);
        }
    }
}
