using Skein.Manager.Drafts;

namespace Skein.Manager.Orchestration;

/// <summary>
/// Legs of users' containers whose node is gone from the swarm, or whose network is: nobody gives them back. Those of a node that is down
/// stay: it may be cut off, and its containers run.
/// </summary>
internal static class LostAttachments
{
    public static void Run(SwarmDraft draft)
    {
        foreach (var attachment in draft.Attachments)
        {
            // A node that has left has no session any more, and a new one has made no attachment before its first.
            if (draft.Node(attachment.Value.NodeId)?.Session is null || draft.Network(attachment.Value.Leg.NetworkId) is null) attachment.Delete();
        }
    }
}
