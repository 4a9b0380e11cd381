using Skein.Agent.Images.Content;
using Xunit;

namespace Skein.Tests.Images;

public class SharedWorkTests
{
    private readonly SharedWork<string, int> _shared = new();

    [Fact]
    public async Task Who_comes_while_work_is_under_way_waits_for_its_end()
    {
        var gate = new TaskCompletionSource<int>();
        var first = _shared.RunAsync("layer", _ => gate.Task, default);
        var second = _shared.RunAsync("layer", _ => throw new InvalidOperationException("done twice"), default);
        gate.SetResult(7);

        Assert.Equal((7, true), await first);
        Assert.Equal((7, false), await second);
    }

    [Fact]
    public async Task Work_goes_on_when_one_of_two_leaves()
    {
        var gate = new TaskCompletionSource<int>();
        using var leaves = new CancellationTokenSource();
        var first = _shared.RunAsync("layer", stop => gate.Task.WaitAsync(stop), leaves.Token);
        var second = _shared.RunAsync("layer", stop => gate.Task.WaitAsync(stop), default);
        await leaves.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        gate.SetResult(7);

        Assert.Equal((7, false), await second);
    }

    [Fact]
    public async Task Work_that_was_called_off_has_ended_before_the_same_is_begun_anew()
    {
        var begunFirst = new TaskCompletionSource();   // what is called off sooner is never begun
        var calledOff = new TaskCompletionSource();
        var cleanedUp = new TaskCompletionSource();
        using var leaves = new CancellationTokenSource();
        var first = _shared.RunAsync("layer", async stop =>
        {
            begunFirst.SetResult();
            await Task.Delay(Timeout.Infinite, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            calledOff.SetResult();
            await cleanedUp.Task;   // takes away what it made, under the same name as the next
            throw new OperationCanceledException(stop);
        }, leaves.Token);
        await begunFirst.Task.WaitAsync(Poll.Patience);
        await leaves.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);

        var begun = false;
        var second = _shared.RunAsync("layer", _ =>
        {
            begun = true;
            return Task.FromResult(7);
        }, default);
        await calledOff.Task.WaitAsync(Poll.Patience);
        await Assert.ThrowsAsync<TimeoutException>(() => second.WaitAsync(TimeSpan.FromMilliseconds(200)));
        Assert.False(begun);

        cleanedUp.SetResult();
        Assert.Equal((7, true), await second.WaitAsync(Poll.Patience));
    }

    [Fact]
    public async Task Who_gives_up_before_its_turn_does_no_work()
    {
        var begunFirst = new TaskCompletionSource();
        var cleanedUp = new TaskCompletionSource();
        using var leaves = new CancellationTokenSource();
        var first = _shared.RunAsync("layer", async _ =>
        {
            begunFirst.SetResult();
            await cleanedUp.Task;
            return 1;
        }, leaves.Token);
        var second = _shared.RunAsync("layer", _ => throw new InvalidOperationException("joined"), leaves.Token);
        await begunFirst.Task.WaitAsync(Poll.Patience);
        await leaves.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);

        using var impatient = new CancellationTokenSource();
        var begun = false;
        var third = _shared.RunAsync("layer", _ =>
        {
            begun = true;
            return Task.FromResult(3);
        }, impatient.Token);
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => third);
        cleanedUp.SetResult();

        Assert.Equal((4, true), await _shared.RunAsync("layer", _ => Task.FromResult(4), default).WaitAsync(Poll.Patience));
        Assert.False(begun);
    }
}
