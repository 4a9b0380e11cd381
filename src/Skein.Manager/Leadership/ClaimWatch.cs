namespace Skein.Manager.Leadership;

/// <summary>
/// Decides when a silent leader may be followed. Silence counts only while etcd answers: during an election of etcd's
/// own nobody can beat, the living leader included, so a read that took long proves nothing about it. Times are since an
/// arbitrary start: a clock that is set must neither unseat a leader nor keep a dead one.
/// </summary>
/// <param name="patience">Silence, seen by quick reads, after which the claim may be taken.</param>
/// <param name="grace">What of the patience remains after a slow read: time for a leader that lives to be heard again.</param>
internal sealed class ClaimWatch(TimeSpan patience, TimeSpan grace)
{
    private long? _beat;
    private TimeSpan _silentSince;

    /// <param name="claim">What was read; null when nobody leads.</param>
    /// <returns>True when the claim as read may be replaced.</returns>
    public bool Observe(ClaimReading? claim, string self, TimeSpan readStarted, TimeSpan readEnded)
    {
        // Nobody leads, or an earlier life of this very manager did.
        if (claim is null || claim.ManagerId == self) return true;
        if (_beat != claim.LastSign)
        {
            _beat = claim.LastSign;
            _silentSince = readEnded;
            return false;
        }
        if (readEnded - readStarted > grace)
        {
            var atLeast = readEnded - (patience - grace);
            if (_silentSince < atLeast) _silentSince = atLeast;
        }
        return readEnded - _silentSince >= patience;
    }
}
