using Skein.Agent.Images;
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
        var first = _shared.RunAsync("layer", (_, _) => gate.Task, null, default);
        var second = _shared.RunAsync("layer", (_, _) => throw new InvalidOperationException("done twice"), null, default);
        gate.SetResult(7);

        Assert.Equal((7, true), await first);
        Assert.Equal((7, false), await second);
    }

    [Fact]
    public async Task Work_goes_on_when_one_of_two_leaves()
    {
        var gate = new TaskCompletionSource<int>();
        using var leaves = new CancellationTokenSource();
        var first = _shared.RunAsync("layer", (_, stop) => gate.Task.WaitAsync(stop), null, leaves.Token);
        var second = _shared.RunAsync("layer", (_, stop) => gate.Task.WaitAsync(stop), null, default);
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
        var first = _shared.RunAsync("layer", async (_, stop) =>
        {
            begunFirst.SetResult();
            await Task.Delay(Timeout.Infinite, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            calledOff.SetResult();
            await cleanedUp.Task;   // takes away what it made, under the same name as the next
            throw new OperationCanceledException(stop);
        }, null, leaves.Token);
        await begunFirst.Task.WaitAsync(Poll.Patience);
        await leaves.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);

        var begun = false;
        var second = _shared.RunAsync("layer", (_, _) =>
        {
            begun = true;
            return Task.FromResult(7);
        }, null, default);
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
        var first = _shared.RunAsync("layer", async (_, _) =>
        {
            begunFirst.SetResult();
            await cleanedUp.Task;
            return 1;
        }, null, leaves.Token);
        var second = _shared.RunAsync("layer", (_, _) => throw new InvalidOperationException("joined"), null, leaves.Token);
        await begunFirst.Task.WaitAsync(Poll.Patience);
        await leaves.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);

        using var impatient = new CancellationTokenSource();
        var begun = false;
        var third = _shared.RunAsync("layer", (_, _) =>
        {
            begun = true;
            return Task.FromResult(3);
        }, null, impatient.Token);
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => third);
        cleanedUp.SetResult();

        Assert.Equal((4, true), await _shared.RunAsync("layer", (_, _) => Task.FromResult(4), null, default).WaitAsync(Poll.Patience));
        Assert.False(begun);
    }

    [Fact]
    public async Task Who_joins_is_told_how_it_stands_and_how_it_goes_on()
    {
        var (begun, goOn) = (new TaskCompletionSource(), new TaskCompletionSource());
        var (early, late) = (new Told(), new Told());
        var first = _shared.RunAsync("layer", async (progress, _) =>
        {
            progress.Report(new ImageProgress("latest", "Pulling", null, null));
            progress.Report(new ImageProgress("a", "Downloading", 1, 2));
            progress.Report(new ImageProgress("a", "Downloading", 2, 2));
            begun.SetResult();
            await goOn.Task;
            progress.Report(new ImageProgress("a", "Pull complete", null, null));
            return 7;
        }, early, default);
        await begun.Task.WaitAsync(Poll.Patience);
        var second = _shared.RunAsync("layer", (_, _) => throw new InvalidOperationException("done twice"), late, default);
        goOn.SetResult();
        await Task.WhenAll(first, second).WaitAsync(Poll.Patience);

        Assert.Equal(["latest Pulling ", "a Downloading 1", "a Downloading 2", "a Pull complete "], early.Lines);
        Assert.Equal(["latest Pulling ", "a Downloading 2", "a Pull complete "], late.Lines);
    }

    private sealed class Told : IProgress<ImageProgress>
    {
        public List<string> Lines { get; } = [];

        public void Report(ImageProgress value) => Lines.Add($"{value.Id} {value.Status} {value.Current}");
    }
}
