namespace Skein.Manager.Leadership;

/// <param name="Revision">The claim's mod_revision: the term.</param>
/// <param name="BeatRevision">mod_revision of the last beat; 0 when there was none yet.</param>
internal sealed record ClaimReading(string ManagerId, long Revision, long BeatRevision)
{
    /// <summary>The newest revision at which the leader was heard of.</summary>
    public long LastSign => Math.Max(Revision, BeatRevision);
}
