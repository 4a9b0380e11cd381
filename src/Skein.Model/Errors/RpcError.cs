namespace Skein.Model;

/// <summary>
/// Errors in the words Docker's daemon gives those of its swarm: the gRPC status is part of the message, and scripts match on it.
/// Source of the mapping to HTTP: FailedPrecondition and OutOfRange answer 400, AlreadyExists 409.
/// </summary>
public static class RpcError
{
    public static SkeinException InvalidArgument(string description) => Make(ErrorKind.InvalidArgument, "InvalidArgument", description);

    public static SkeinException FailedPrecondition(string description) => Make(ErrorKind.InvalidArgument, "FailedPrecondition", description);

    public static SkeinException AlreadyExists(string description) => Make(ErrorKind.Conflict, "AlreadyExists", description);

    public static SkeinException NotFound(string description) => Make(ErrorKind.NotFound, "NotFound", description);

    public static SkeinException PermissionDenied(string description) => Make(ErrorKind.Forbidden, "PermissionDenied", description);

    public static SkeinException Unimplemented(string description) => Make(ErrorKind.NotImplemented, "Unimplemented", description);

    public static SkeinException Unavailable(string description) => Make(ErrorKind.Unavailable, "Unavailable", description);

    /// <summary>The object changed since the version the caller names; Docker answers 500.</summary>
    public static SkeinException OutOfSequence() => Make(ErrorKind.Internal, "Unknown", "update out of sequence");

    public static SkeinException NoLeader() => Make(
        ErrorKind.Unavailable, "Unknown",
        "The swarm does not have a leader. It's possible that too few managers are online. Make sure more than half of the managers are online.");

    /// <summary>What is to be written is more than the managers tell one another at once; swarmkit's words.</summary>
    public static SkeinException TooLarge() => Make(ErrorKind.Internal, "Unknown", "raft: raft message is too large and can't be sent");

    /// <summary>The managers' state has reached its bound, in etcd's words; nothing but a removal is taken.</summary>
    public static SkeinException OutOfSpace() => Make(ErrorKind.Unavailable, "ResourceExhausted", "etcdserver: mvcc: database space exceeded");

    private static SkeinException Make(ErrorKind kind, string code, string description) =>
        new(kind, $"rpc error: code = {code} desc = {description}");
}
