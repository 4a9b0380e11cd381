using Skein.Manager.Allocation;
using Skein.Manager.Store;
using Skein.Model;
using Skein.Model.Validation;

namespace Skein.Manager.Attachments;

/// <summary>From what a node wishes to what is written. Pure: after a conflict it is asked again, of what has been written meanwhile.</summary>
internal static class AttachmentMerge
{
    /// <summary>Nothing is written of a session that is not the node's any more.</summary>
    public static (Changes Changes, IReadOnlyList<AttachmentRefusal> Refused) Apply(Snapshot seen, string nodeId, string sessionId, AttachmentWishes wishes)
    {
        var changes = new Changes();
        if (seen.Nodes.Find(nodeId) is not { } node || node.Session?.SessionId != sessionId) return (changes, []);
        // Also when the next session has begun before it is written: else a wish that was withdrawn there already would come after that one's list.
        changes.Require(node);
        var own = seen.Attachments.All.Where(a => a.NodeId == nodeId).ToDictionary(a => a.Id, StringComparer.Ordinal);
        foreach (var gone in Gone(own.Keys, nodeId, wishes)) changes.Delete(ObjectKind.Attachment, gone, own[gone].Meta?.Version);
        var rest = seen.With(changes.All, seen.Revision);
        var room = AttachmentBounds.MostOfNode - rest.Attachments.All.Count(a => a.NodeId == nodeId);
        var refused = Make(rest, nodeId, wishes, own, room, changes);
        // What is given back alone needs no fence, and is taken by a store that is full.
        if (changes.All.Any(change => change.Object is not null)) AllocationFence.Raise(seen, changes);
        return (changes, refused);
    }

    private static IEnumerable<string> Gone(IEnumerable<string> own, string nodeId, AttachmentWishes wishes)
    {
        var removed = IdsOf(nodeId, wishes.Removed);
        var all = wishes.All is null ? null : IdsOf(nodeId, wishes.All.Ids);
        return own.Where(id => removed.Contains(id) || all?.Contains(id) == false).Order(StringComparer.Ordinal);
    }

    private static HashSet<string> IdsOf(string nodeId, IEnumerable<string> wishIds) => [.. wishIds.Select(id => AttachmentAllocation.IdOf(nodeId, id))];

    private static List<AttachmentRefusal> Make(
        Snapshot rest, string nodeId, AttachmentWishes wishes, Dictionary<string, ContainerAttachment> own, int room, Changes changes)
    {
        var refused = new List<AttachmentRefusal>();
        var allocation = new AttachmentAllocation(rest);
        foreach (var wish in wishes.Put)
        {
            try
            {
                if (own.TryGetValue(AttachmentAllocation.IdOf(nodeId, wish.Id), out var has)) Change(has, wish, changes);
                else if (room-- > 0) changes.Put(allocation.Make(nodeId, wish));
                else throw SkeinException.Unavailable(AttachmentBounds.Full);
            }
            catch (SkeinException why)
            {
                refused.Add(new() { Id = wish.Id, Kind = why.Kind.ToRefusalKind(), Reason = why.Message });
            }
        }
        return refused;
    }

    /// <summary>Its container is called otherwise, or rests: all else of it stands.</summary>
    private static void Change(ContainerAttachment has, AttachmentWish wish, Changes changes)
    {
        if (has.Idle == wish.Idle && has.Names.SequenceEqual(wish.Names)) return;
        var changed = has.Clone();
        changed.Idle = wish.Idle;
        changed.Names.Clear();
        changed.Names.Add(wish.Names);
        changes.Put(changed);
    }
}
