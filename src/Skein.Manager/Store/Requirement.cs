namespace Skein.Manager.Store;

/// <summary>An object that a transaction does not write, and that must still have the version by which it was decided.</summary>
/// <param name="Version">0 = it must not exist.</param>
public sealed record Requirement(ObjectKind Kind, string Id, ulong Version);
