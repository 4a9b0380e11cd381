using System.Collections.Concurrent;

namespace Skein.Manager.Dispatch;

/// <summary>
/// What each node's words may cost the store. It keeps every version for ten minutes: a node that says something else a thousand
/// times a second would have it at its quota, and every manager's memory with it, in a minute. Who has used up its burst is heard as
/// slowly as it is paid for; all other nodes as before.
/// </summary>
internal sealed class StorePace(TimeProvider time)
{
    /// <summary>Bytes. A node with a thousand tasks that all start at once writes some 15 MiB.</summary>
    public const long Burst = 16 << 20;

    public const long BytesPerSecond = 1 << 20;

    /// <summary>Of a session's beginning at least: a node that comes again and again costs more than its bytes.</summary>
    public const long OfSession = 64 << 10;

    /// <summary>Of any write: the store's own record of it.</summary>
    public const long OfWrite = 4 << 10;

    private readonly ConcurrentDictionary<string, Account> _byNode = new(StringComparer.Ordinal);

    /// <summary>Completes when the node may write as much.</summary>
    public Task SpendAsync(string nodeId, long bytes, CancellationToken cancel)
    {
        var wait = _byNode.GetOrAdd(nodeId, _ => new(time.GetTimestamp())).Spend(bytes, time);
        return wait > TimeSpan.Zero ? Task.Delay(wait, time, cancel) : Task.CompletedTask;
    }

    private sealed class Account(long since)
    {
        private readonly Lock _lock = new();
        private double _free = Burst;
        private long _since = since;

        /// <summary>How long it takes until what was spent is there again.</summary>
        public TimeSpan Spend(long bytes, TimeProvider time)
        {
            lock (_lock)
            {
                var now = time.GetTimestamp();
                _free = Math.Min(Burst, _free + (time.GetElapsedTime(_since, now).TotalSeconds * BytesPerSecond)) - bytes;
                _since = now;
                return _free < 0 ? TimeSpan.FromSeconds(-_free / BytesPerSecond) : TimeSpan.Zero;
            }
        }
    }
}
