using Skein.Manager.Store;

namespace Skein.Manager.Dispatch;

/// <summary>The newest index; the first session to ask for a snapshot makes it, all others take it.</summary>
internal sealed class AssignmentIndexCache
{
    private readonly Lock _lock = new();
    private AssignmentIndex _newest = AssignmentIndex.Empty;

    /// <summary>An index of this snapshot or of a newer one.</summary>
    public AssignmentIndex For(Snapshot snapshot)
    {
        lock (_lock)
        {
            if (snapshot.Revision > _newest.Snapshot.Revision || _newest == AssignmentIndex.Empty) _newest = _newest.Next(snapshot);
            return _newest;
        }
    }
}
