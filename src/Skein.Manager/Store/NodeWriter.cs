using Skein.Model;

namespace Skein.Manager.Store;

/// <summary>Changes one node, again from what is newer when somebody else changed it first.</summary>
internal sealed class NodeWriter(IStore store)
{
    /// <summary>False when the node is not there, or when <paramref name="change"/> has nothing to change.</summary>
    public Task<bool> ChangeAsync(string nodeId, Func<Node, Node?> change, CancellationToken cancel) => WriteAsync(
        nodeId,
        (node, changes) =>
        {
            if (change(node) is { } next) changes.Put(next);
        },
        cancel);

    /// <summary>As <see cref="ChangeAsync"/>, for one that may also be deleted.</summary>
    public async Task<bool> WriteAsync(string nodeId, Action<Node, Changes> change, CancellationToken cancel)
    {
        while (true)
        {
            var seen = store.Current;
            if (seen.Nodes.Find(nodeId) is not { } node) return false;
            var changes = new Changes();
            change(node, changes);
            if (changes.IsEmpty) return false;
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
