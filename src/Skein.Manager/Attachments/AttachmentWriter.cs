using Grpc.Core;
using Microsoft.Extensions.Logging;
using Skein.Manager.Dispatch;
using Skein.Manager.Store;
using Skein.Model;

namespace Skein.Manager.Attachments;

/// <summary>Brings what nodes wish of legs to the store. One commit of this manager is under way at a time: each compares the fence of all that gives addresses.</summary>
public sealed partial class AttachmentWriter(IStore store, TimeProvider time, ILoggerFactory logs) : IAttachmentWriter, IDisposable
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(100);

    private static readonly string s_outOfSpace = RpcError.OutOfSpace().Message;

    private readonly ILogger _logger = logs.CreateLogger<AttachmentWriter>();
    private readonly SemaphoreSlim _oneAtATime = new(1, 1);

    public async Task<IReadOnlyList<AttachmentRefusal>> WriteAsync(string nodeId, string sessionId, AttachmentWishes wishes, CancellationToken cancel)
    {
        await _oneAtATime.WaitAsync(cancel);
        try
        {
            return await CommitAsync(nodeId, sessionId, wishes, cancel);
        }
        finally
        {
            _oneAtATime.Release();
        }
    }

    public void Dispose() => _oneAtATime.Dispose();

    private async Task<IReadOnlyList<AttachmentRefusal>> CommitAsync(string nodeId, string sessionId, AttachmentWishes wishes, CancellationToken cancel)
    {
        while (true)
        {
            var seen = store.Current;
            var (changes, refused) = AttachmentMerge.Apply(seen, nodeId, sessionId, wishes);
            if (changes.IsEmpty) return refused;
            try
            {
                await store.CommitAsync(changes, null, cancel);
                return refused;
            }
            catch (SequenceConflictException)
            {
                // Somebody else has given addresses: decided again with those.
                await store.WaitNewerAsync(seen.Revision, cancel);
            }
            catch (SkeinException e) when (e.Message == s_outOfSpace && wishes.Put.Count > 0)
            {
                await CommitAsync(nodeId, sessionId, new() { All = wishes.All, Removed = { wishes.Removed } }, cancel);
                return [.. wishes.Put.Select(wish => new AttachmentRefusal { Id = wish.Id, Kind = AttachmentRefusalKind.Unavailable, Reason = s_outOfSpace })];
            }
            catch (Exception e) when (!cancel.IsCancellationRequested && IsOfTheMoment(e))
            {
                LogNotStored(nodeId, e.Message);
                await Task.Delay(RetryDelay, time, cancel);
            }
        }
    }

    private static bool IsOfTheMoment(Exception e) => e is RpcException { StatusCode: not StatusCode.InvalidArgument } or SkeinException { Kind: ErrorKind.Unavailable };

    [LoggerMessage(2402, LogLevel.Warning, "The legs that node {Node} asks for could not be stored, and are tried again: {Reason}")]
    private partial void LogNotStored(string node, string reason);
}
