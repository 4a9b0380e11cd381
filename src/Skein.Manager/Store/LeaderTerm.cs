namespace Skein.Manager.Store;

/// <summary>A leader's claim: the mod_revision of the leader key it holds. A deposed leader's no longer compares equal.</summary>
public readonly record struct LeaderTerm(string ManagerId, ulong KeyRevision);
