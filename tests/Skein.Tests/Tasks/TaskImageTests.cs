using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Skein.Agent.Tasks;
using Skein.Model;
using Xunit;

namespace Skein.Tests.Tasks;

public sealed class TaskImageTests
{
    private readonly FakeImageStore _images = new();
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task A_registry_that_says_nothing_holds_up_an_image_that_is_here_for_two_seconds()
    {
        (_images.Here, _images.RegistryIsMute) = (true, true);
        var fetching = FetchAsync("httpd");
        await _images.Asked.Task;

        _time.Advance(TaskImage.AnswerPatience - TimeSpan.FromMilliseconds(1));
        Assert.False(fetching.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.Contains("httpd:latest", (await fetching.WaitAsync(Poll.Patience)).Tags);
        Assert.Equal(0, _images.Pulls);
    }

    [Fact]
    public async Task A_registry_that_answers_gives_the_newest()
    {
        _images.Here = true;
        await FetchAsync("httpd");
        Assert.Equal(1, _images.Pulls);
    }

    [Fact]
    public async Task A_registry_that_refuses_leaves_what_is_here()
    {
        (_images.Here, _images.PullError) = (true, SkeinException.NotFound("manifest for httpd:latest not found"));
        Assert.Contains("httpd:latest", (await FetchAsync("httpd")).Tags);
    }

    [Fact]
    public async Task A_pinned_image_that_is_here_is_not_asked_for()
    {
        (_images.Here, _images.RegistryIsMute) = (true, true);
        await FetchAsync("httpd:latest@sha256:" + new string('a', 64));
        Assert.False(_images.Asked.Task.IsCompleted);
    }

    [Fact]
    public async Task A_task_that_is_stopped_does_not_wait_for_the_registry()
    {
        (_images.Here, _images.RegistryIsMute) = (true, true);
        using var stop = new CancellationTokenSource();
        var fetching = FetchAsync("httpd", stop.Token);
        await _images.Asked.Task;
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => fetching);
    }

    private Task<Skein.Agent.Images.ImageRecord> FetchAsync(string reference, CancellationToken cancel = default) =>
        new TaskImage(_images, _time, NullLogger.Instance).FetchAsync(reference, null, cancel);
}
