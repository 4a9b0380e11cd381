using Microsoft.Extensions.Time.Testing;
using Skein.Agent.Tasks;
using Xunit;

namespace Skein.Tests.Tasks;

public sealed class TaskPlacesTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly List<string> _begun = [];
    private readonly TaskPlaces _places;

    public TaskPlacesTests() => _places = new(2, _time);

    [Fact]
    public async Task No_more_run_than_there_are_places_and_who_is_nearly_there_goes_first()
    {
        var (first, second) = (Begin("a", TaskStage.Network), Begin("b", TaskStage.Network));
        var (third, fourth, fifth) = (Begin("c", TaskStage.Network), Begin("d", TaskStage.Create), Begin("e", TaskStage.Start));
        var sixth = Begin("f", TaskStage.Start);
        Assert.Equal("a b", Begun);
        await EndAsync(first, "a b e");
        await EndAsync(second, "a b e f");
        await EndAsync(fifth, "a b e f d");
        await EndAsync(fourth, "a b e f d c");
        await EndAsync(third, "a b e f d c");
        await EndAsync(sixth, "a b e f d c");
    }

    [Fact]
    public async Task Who_takes_long_gives_its_place_to_another_once()
    {
        var (slow, other) = (Begin("slow", TaskStage.Start), Begin("other", TaskStage.Start));
        var (third, fourth) = (Begin("third", TaskStage.Start), Begin("fourth", TaskStage.Start));
        _time.Advance(TaskPlaces.Patience / 2);
        await EndAsync(other, "slow other third");
        _time.Advance(TaskPlaces.Patience / 2);
        await UntilAsync("slow other third fourth");
        var fifth = Begin("fifth", TaskStage.Start);
        slow.End.SetResult(0);
        await slow.Running;
        Assert.Equal("slow other third fourth", Begun);
        await EndAsync(third, "slow other third fourth fifth");
        await EndAsync(fourth, "slow other third fourth fifth");
        await EndAsync(fifth, "slow other third fourth fifth");
    }

    [Fact]
    public async Task Who_is_called_off_or_fails_holds_up_nobody()
    {
        var (first, second) = (Begin("a", TaskStage.Start), Begin("b", TaskStage.Start));
        using var stop = new CancellationTokenSource();
        var off = _places.RunAsync(TaskStage.Start, () => Task.FromResult(0), stop.Token);
        var third = Begin("c", TaskStage.Start);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => off);
        first.End.SetException(new IOException("no"));
        await Assert.ThrowsAsync<IOException>(() => first.Running);
        await UntilAsync("a b c");
        await EndAsync(second, "a b c");
        await EndAsync(third, "a b c");
    }

    private string Begun
    {
        get { lock (_begun) return string.Join(' ', _begun); }
    }

    private (TaskCompletionSource<int> End, Task Running) Begin(string name, TaskStage stage)
    {
        var end = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        return (end, _places.RunAsync(stage, Work, CancellationToken.None));

        Task<int> Work()
        {
            lock (_begun) _begun.Add(name);
            return end.Task;
        }
    }

    private async Task EndAsync((TaskCompletionSource<int> End, Task Running) work, string then)
    {
        work.End.SetResult(0);
        await work.Running;
        await UntilAsync(then);
    }

    private Task UntilAsync(string begun) => Poll.UntilAsync($"begun are {begun}", () => Begun == begun, () => Begun);
}
