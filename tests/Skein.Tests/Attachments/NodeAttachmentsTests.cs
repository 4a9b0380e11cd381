using Grpc.Core;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Skein.Manager.Dispatch;
using Skein.Model;
using Skein.Model.Validation;
using Xunit;

namespace Skein.Tests.Attachments;

/// <summary>A node that asks for more than any node does.</summary>
public class NodeAttachmentsTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly RecordingWriter _writer = new();
    private readonly DroppedReports _dropped;

    public NodeAttachmentsTests() => _dropped = new(_time, NullLogger.Instance);

    [Fact]
    public async Task Many_words_at_once_are_put_together()
    {
        var attachments = Make();
        for (var number = 0; number < 1000; number++) attachments.Hear(new() { Put = { WishOf(number) } });
        for (var number = 0; number < 999; number++) attachments.Hear(new() { Removed = { WishOf(number).Id } });
        using var stop = new CancellationTokenSource();
        var answering = attachments.AnswerAsync(stop.Token);
        var written = await _writer.Written.Task.WaitAsync(Poll.Soon);
        Assert.Equal((WishOf(999), 999), (Assert.Single(written.Put), written.Removed.Count));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => answering);
    }

    [Fact]
    public void What_comes_faster_than_it_is_answered_ends_the_session()
    {
        var attachments = Make();
        var refused = Assert.Throws<RpcException>(() =>
        {
            for (var number = 0; number <= 2 * AttachmentBounds.MostOfNode; number++) attachments.Hear(new() { Put = { WishOf(number) } });
        });
        Assert.Equal(StatusCode.ResourceExhausted, refused.StatusCode);
    }

    [Fact]
    public void What_is_given_back_is_what_can_have_been_given()
    {
        var attachments = Make();
        for (var number = 0; number <= 2 * AttachmentBounds.MostOfNode; number++) attachments.Hear(new() { Removed = { $"{number}{new string('x', 1024)}" } });
        Assert.Equal((2 * AttachmentBounds.MostOfNode) + 1, _dropped.Of("n1"));
    }

    [Fact]
    public void So_do_more_legs_than_a_node_may_have()
    {
        var words = new AttachmentWishes { All = new() { Ids = { Enumerable.Repeat("x", AttachmentBounds.MostOfNode + 1) } } };
        Assert.Equal(StatusCode.ResourceExhausted, Assert.Throws<RpcException>(() => Make().Hear(words)).StatusCode);
    }

    [Fact]
    public async Task What_no_node_can_mean_is_dropped_and_the_rest_is_answered()
    {
        var attachments = Make();
        using var stop = new CancellationTokenSource();
        var answering = attachments.AnswerAsync(stop.Token);
        var sound = WishOf(0);
        attachments.Hear(new() { Put = { new AttachmentWish { Id = "../../etc" }, sound } });
        var written = await _writer.Written.Task.WaitAsync(Poll.Soon);
        Assert.Equal(sound, Assert.Single(written.Put));
        Assert.Equal(1, _dropped.Of("n1"));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => answering);
    }

    private static AttachmentWish WishOf(int number) => new() { Id = $"{new string('a', 64)}/{number}/x", Network = "net", Names = { "a" } };

    private NodeAttachments Make() => new("n1", "s1", _writer, new StorePace(_time), _dropped, new SessionStream(null!));

    private sealed class RecordingWriter : IAttachmentWriter
    {
        public TaskCompletionSource<AttachmentWishes> Written { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<IReadOnlyList<AttachmentRefusal>> WriteAsync(string nodeId, string sessionId, AttachmentWishes wishes, CancellationToken cancel)
        {
            Written.TrySetResult(wishes);
            return Task.FromResult<IReadOnlyList<AttachmentRefusal>>([]);
        }
    }
}
