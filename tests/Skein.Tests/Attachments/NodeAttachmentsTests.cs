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
    public void Words_that_come_faster_than_they_are_answered_end_the_session()
    {
        var attachments = Make();
        for (var words = 0; words < 16; words++) attachments.Hear(new());
        Assert.Equal(StatusCode.ResourceExhausted, Assert.Throws<RpcException>(() => attachments.Hear(new())).StatusCode);
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
        var sound = new AttachmentWish { Id = new string('a', 64) + "/0/x", Network = "net", Names = { "a" } };
        attachments.Hear(new() { Put = { new AttachmentWish { Id = "../../etc" }, sound } });
        var written = await _writer.Written.Task.WaitAsync(Poll.Soon);
        Assert.Equal(sound, Assert.Single(written.Put));
        Assert.Equal(1, _dropped.Of("n1"));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => answering);
    }

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
