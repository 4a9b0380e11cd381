using Grpc.Core;
using Skein.Model;
using Skein.Model.Validation;

namespace Skein.Manager.Dispatch;

/// <summary>What one session's node wishes of legs, from its words to their answers. What comes while others are written is put together, and goes with the next.</summary>
internal sealed class NodeAttachments(string nodeId, string sessionId, IAttachmentWriter writer, StorePace pace, DroppedReports dropped, SessionStream stream)
{
    /// <summary>Legs put or given back that wait: of a node that has all that it may have, and gives all of it back for others.</summary>
    private const int MostWaiting = 2 * AttachmentBounds.MostOfNode;

    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _news = new(0);
    private readonly Dictionary<string, AttachmentWish> _put = new(StringComparer.Ordinal);
    private readonly HashSet<string> _removed = new(StringComparer.Ordinal);
    private AttachmentIds? _all;

    public void Hear(AttachmentWishes words)
    {
        var sound = words.Put.Where(IsSound).ToList();
        var removed = words.Removed.Where(IsSound).ToList();
        lock (_lock)
        {
            foreach (var id in removed)
            {
                _put.Remove(id);
                _removed.Add(id);
            }
            foreach (var wish in sound) _put[wish.Id] = wish;
            _all = words.All ?? _all;
            if (_put.Count + _removed.Count > MostWaiting || _all?.Ids.Count > AttachmentBounds.MostOfNode)
                throw new RpcException(new(StatusCode.ResourceExhausted, "legs are asked for faster than they are given"));
        }
        _news.Release();
    }

    public async Task AnswerAsync(CancellationToken cancel)
    {
        while (true)
        {
            await _news.WaitAsync(cancel);
            var wishes = Take();
            if (wishes.CalculateSize() == 0) continue;
            await pace.SpendAsync(nodeId, StorePace.OfWrite + wishes.CalculateSize(), cancel);
            foreach (var refusal in await writer.WriteAsync(nodeId, sessionId, wishes, cancel))
                await stream.SendAsync(new() { AttachmentRefused = refusal }, cancel);
        }
    }

    private AttachmentWishes Take()
    {
        lock (_lock)
        {
            var all = new AttachmentWishes { All = _all, Put = { _put.Values }, Removed = { _removed } };
            _put.Clear();
            _removed.Clear();
            _all = null;
            return all;
        }
    }

    private bool IsSound(AttachmentWish wish)
    {
        if (AttachmentBounds.FlawOf(wish) is not { } flaw) return true;
        dropped.Drop(nodeId, flaw);
        return false;
    }

    // What is given back waits too: 4096 texts of a message's length each would be gigabytes.
    private bool IsSound(string id)
    {
        if (AttachmentBounds.IsId(id)) return true;
        dropped.Drop(nodeId, "an attachment's id that is none");
        return false;
    }
}
