namespace Skein.Agent.Peers;

/// <summary>What one node is known to do when it is asked.</summary>
/// <param name="Asked">When it was last asked.</param>
/// <param name="Waiting">It has not answered since.</param>
/// <param name="Missed">Questions in a row without an answer.</param>
internal readonly record struct PeerState(TimeSpan Asked, bool Waiting = false, int Missed = 0)
{
    public bool Silent => Missed >= PeerWatch.Misses;
}
