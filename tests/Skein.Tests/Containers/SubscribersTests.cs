using Skein.Agent.Containers;
using Xunit;

namespace Skein.Tests.Containers;

public sealed class SubscribersTests
{
    private readonly Subscribers<int> _subscribers = new();

    [Fact]
    public async Task Who_does_not_read_keeps_the_newest_and_takes_nothing_from_others()
    {
        using var stop = new CancellationTokenSource();
        var (idle, busy) = (_subscribers.Subscribe(stop.Token), _subscribers.Subscribe(stop.Token));
        var read = new List<int>();
        for (var number = 1; number <= 3 * Subscribers<int>.Kept; number++)
        {
            _subscribers.Publish(number);
            read.Add(await busy.ReadAsync(stop.Token));
        }
        await stop.CancelAsync();
        Assert.Equal(Enumerable.Range(1, 3 * Subscribers<int>.Kept), read);
        Assert.Equal(Enumerable.Range(2 * Subscribers<int>.Kept + 1, Subscribers<int>.Kept), await idle.ReadAllAsync(CancellationToken.None).ToListAsync(CancellationToken.None));
    }

    [Fact]
    public async Task Who_has_left_is_told_nothing_more()
    {
        using var stop = new CancellationTokenSource();
        var reader = _subscribers.Subscribe(stop.Token);
        _subscribers.Publish(1);
        await stop.CancelAsync();
        _subscribers.Publish(2);
        Assert.Equal([1], await reader.ReadAllAsync(CancellationToken.None).ToListAsync(CancellationToken.None));
    }
}
