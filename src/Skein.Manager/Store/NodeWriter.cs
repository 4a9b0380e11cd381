using Skein.Model;

namespace Skein.Manager.Store;

/// <summary>Changes one node, again from what is newer when somebody else changed it first.</summary>
internal sealed class NodeWriter(IStore store)
{
    /// <summary>False when the node is not there, or when <paramref name="change"/> has nothing to change.</summary>
    public async Task<bool> ChangeAsync(string nodeId, Func<Node, Node?> change, CancellationToken cancel)
    {
        while (true)
        {
            var seen = store.Current;
            if (seen.Nodes.Find(nodeId) is not { } node || change(node) is not { } next) return false;
            var changes = new Changes();
            changes.Put(next);
            try
            {
                await store.CommitAsync(changes, null, cancel);
                return true;
            }
            catch (SequenceConflictException)
            {
                await store.WaitNewerAsync(seen.Revision, cancel);
            }
        }
    }
}
