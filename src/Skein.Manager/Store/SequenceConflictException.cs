namespace Skein.Manager.Store;

/// <summary>An object was changed since it was read. Clients match Docker's words.</summary>
public sealed class SequenceConflictException() : Exception("rpc error: code = Unknown desc = update out of sequence");
