namespace Skein.NodeLife;

/// <summary>What somebody asks of this node and waits for.</summary>
/// <param name="Id">By which its answer finds who asked.</param>
internal abstract record LifeRequest(long Id)
{
    public sealed record Init(long Id, SwarmInitRequest Wish) : LifeRequest(Id);

    public sealed record Join(long Id, SwarmJoinRequest Wish) : LifeRequest(Id);

    public sealed record Unlock(long Id, string Key) : LifeRequest(Id);

    /// <param name="Reachable">Managers in reach, this one included; 0 when the state cannot be read.</param>
    public sealed record Leave(long Id, bool Force, int Reachable, int Unreachable) : LifeRequest(Id);
}
