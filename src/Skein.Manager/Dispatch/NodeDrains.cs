using System.Threading.Channels;
using Skein.Model;

namespace Skein.Manager.Dispatch;

/// <summary>One node's session as the drain barrier sees it: how far the node is, and which of its tasks it is told to be drained.</summary>
internal sealed class NodeDrains(NodeProgress progress, Action changed)
{
    private readonly Lock _lock = new();
    private readonly HashSet<string> _told = new(StringComparer.Ordinal);
    private readonly Channel<TasksDrained> _words = Channel.CreateUnbounded<TasksDrained>();
    private NodeProgress _progress = progress;

    public NodeProgress Progress
    {
        get
        {
            lock (_lock) return _progress;
        }
    }

    public ChannelReader<TasksDrained> Words => _words.Reader;

    public void Telling(ulong revision, ulong? sequence) => Follow(p => p.Telling(revision, sequence));

    public void Programmed(ulong sequence) => Follow(p => p.Programmed(sequence));

    /// <summary>Each task once a session; those that drain no more are forgotten.</summary>
    public void Tell(IEnumerable<string> drained)
    {
        var now = drained.ToHashSet(StringComparer.Ordinal);
        _told.IntersectWith(now);
        var word = new TasksDrained();
        word.TaskIds.Add(now.Where(_told.Add));
        if (word.TaskIds.Count > 0) _words.Writer.TryWrite(word);
    }

    private void Follow(Func<NodeProgress, NodeProgress> step)
    {
        bool advanced;
        lock (_lock)
        {
            var before = _progress;
            _progress = step(before);
            advanced = _progress.Confirmed != before.Confirmed;
        }
        if (advanced) changed();
    }
}
