using Skein.Model;

namespace Skein.NodeLife;

/// <summary>Docker's words for what a node in this state does not do.</summary>
internal static class SwarmMessages
{
    public static SkeinException AlreadyInSwarm() => SkeinException.Unavailable(
        "This node is already part of a swarm. Use \"docker swarm leave\" to leave this swarm and join another one.");

    public static SkeinException NotInSwarm() => SkeinException.Unavailable("This node is not part of a swarm");

    public static SkeinException NotLocked() => SkeinException.Conflict("swarm is not locked");

    public static SkeinException WrongUnlockKey() => new(ErrorKind.Unauthenticated, "swarm could not be unlocked: invalid key provided");

    public static SkeinException LockedMustForce() => SkeinException.Unavailable(
        "Swarm is encrypted and locked. Please unlock it first or use `--force` to ignore this message.");

    public static SkeinException Locked() => SkeinException.Unavailable(
        "Swarm is encrypted and needs to be unlocked before it can be used. Please use \"docker swarm unlock\" to unlock it.");

    /// <summary>What a node in this state answers to what only a manager can do.</summary>
    public static SkeinException NoManager(LocalNodeState state) => state switch
    {
        LocalNodeState.Active or LocalNodeState.Pending => SkeinException.Unavailable(
            "This node is not a swarm manager. Worker nodes can't be used to view or modify cluster state. " +
            "Please run this command on a manager node or promote the current node to a manager."),
        LocalNodeState.Locked => Locked(),
        _ => SkeinException.Unavailable(
            "This node is not a swarm manager. Use \"docker swarm init\" or \"docker swarm join\" to connect this node to swarm and try again."),
    };

    public static SkeinException JoinTakesLong() => SkeinException.Unavailable(
        "Timeout was reached before node joined. The attempt to join the swarm will continue in the background. " +
        "Use the \"docker info\" command to see the current swarm status of your node.");

    /// <summary>Why a manager leaves only by --force.</summary>
    /// <param name="reachable">Managers in reach, this one included; 0 when the state cannot be read.</param>
    public static SkeinException ManagerMustForce(int reachable, int unreachable)
    {
        const string start = "You are attempting to leave the swarm on a node that is participating as a manager. ";
        const string end =
            "The only way to restore a swarm that has lost consensus is to reinitialize it with `--force-new-cluster`. " +
            "Use `--force` to suppress this message.";
        if (reachable == 1 && unreachable == 0)
            return SkeinException.Unavailable(start + "Removing the last manager erases all current state of the swarm. Use `--force` to ignore this message. ");
        if (reachable == 0) return SkeinException.Unavailable(start + "Doing so may lose the consensus of your cluster. " + end);
        return LosesQuorum(reachable, unreachable)
            ? SkeinException.Unavailable(
                $"{start}Removing this node leaves {reachable - 1} managers out of {reachable + unreachable}. " +
                $"Without a Raft quorum your swarm will be inaccessible. {end}")
            : SkeinException.Unavailable(start + end);
    }

    private static bool LosesQuorum(int reachable, int unreachable) => reachable - 2 <= unreachable;
}
