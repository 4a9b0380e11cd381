using Skein.Agent.Session;

namespace Skein.Agent.Dns;

/// <summary>
/// The index of the assignments as they are at this moment: a name is answered from the instant that its state is
/// published. It is made by the first question after a change, once for all containers.
/// </summary>
internal sealed class NameIndexCache(AssignmentState state)
{
    private volatile NameIndex _index = NameIndex.Empty;

    public NameIndex Current
    {
        get
        {
            var index = _index;
            var now = state.Current;
            // Two threads may both make it; the same comes out.
            return index.IsOf(now) ? index : _index = new NameIndex(now);
        }
    }
}
