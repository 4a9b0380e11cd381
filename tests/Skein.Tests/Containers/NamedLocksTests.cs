using Skein.Agent.Containers.Storage;
using Xunit;

namespace Skein.Tests.Containers;

public class NamedLocksTests
{
    private readonly NamedLocks _locks = new();

    [Fact]
    public async Task Only_who_wants_the_same_waits()
    {
        var first = await _locks.TakeAsync(["b", "a"], Poll.Soon);
        using (await _locks.TakeAsync(["c"], Poll.Soon))
        {
        }
        var same = _locks.TakeAsync(["a", "c"], Poll.Soon);
        Assert.False(same.IsCompleted);
        first.Dispose();
        (await same).Dispose();
    }

    [Fact]
    public async Task Who_gives_up_leaves_what_it_had()
    {
        using var first = await _locks.TakeAsync(["b"], Poll.Soon);
        using var leaves = new CancellationTokenSource();
        var second = _locks.TakeAsync(["a", "b"], leaves.Token);
        await leaves.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        (await _locks.TakeAsync(["a"], Poll.Soon)).Dispose();
    }
}
