namespace Skein.Manager.Store;

/// <summary>The term that signed this transaction is over.</summary>
public sealed class NotLeaderException() : Exception("this manager is no longer the leader");
