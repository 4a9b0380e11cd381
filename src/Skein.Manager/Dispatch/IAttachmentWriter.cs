using Skein.Model;

namespace Skein.Manager.Dispatch;

/// <summary>Gives nodes the legs that they wish for their users' containers.</summary>
public interface IAttachmentWriter
{
    /// <summary>Completes when all of it is in the store, or refused. What a session wishes that is the node's no more is neither.</summary>
    Task<IReadOnlyList<AttachmentRefusal>> WriteAsync(string nodeId, string sessionId, AttachmentWishes wishes, CancellationToken cancel);
}
