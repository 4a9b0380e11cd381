using Grpc.Core;
using Skein.Model;
using Skein.Model.Validation;

namespace Skein.Manager.Dispatch;

/// <summary>What one session's node wishes of legs, from its words to their answers, in their order. Words that come while others are written go with the next.</summary>
internal sealed class NodeAttachments(string nodeId, string sessionId, IAttachmentWriter writer, StorePace pace, DroppedReports dropped, SessionStream stream)
{
    /// <summary>Words that wait: a node has one under way at a time, each with all that it has to say.</summary>
    private const int MostWaiting = 16;

    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _news = new(0);
    private readonly Queue<AttachmentWishes> _waiting = [];

    public void Hear(AttachmentWishes words)
    {
        lock (_lock)
        {
            if (_waiting.Count == MostWaiting || words.Put.Count > AttachmentBounds.MostOfNode || words.Removed.Count > AttachmentBounds.MostOfNode || words.All?.Ids.Count > AttachmentBounds.MostOfNode)
                throw new RpcException(new(StatusCode.ResourceExhausted, "legs are asked for faster than they are given"));
            _waiting.Enqueue(words);
        }
        _news.Release();
    }

    public async Task AnswerAsync(CancellationToken cancel)
    {
        while (true)
        {
            await _news.WaitAsync(cancel);
            var wishes = Next();
            await pace.SpendAsync(nodeId, StorePace.OfWrite + wishes.CalculateSize(), cancel);
            foreach (var refusal in await writer.WriteAsync(nodeId, sessionId, wishes, cancel))
                await stream.SendAsync(new() { AttachmentRefused = refusal }, cancel);
        }
    }

    private AttachmentWishes Next()
    {
        AttachmentWishes next;
        lock (_lock) next = _waiting.Dequeue();
        foreach (var unsound in next.Put.Where(wish => AttachmentBounds.FlawOf(wish) is not null).ToList())
        {
            dropped.Drop(nodeId, AttachmentBounds.FlawOf(unsound)!);
            next.Put.Remove(unsound);
        }
        return next;
    }
}
