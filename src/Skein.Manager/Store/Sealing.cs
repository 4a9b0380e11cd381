namespace Skein.Manager.Store;

/// <summary>What a write is sealed with, and the version of the <see cref="Skein.Model.StoreKey"/> that says so, which the write compares.</summary>
/// <param name="Version">0 while there is none.</param>
internal sealed record Sealing(ValueSeal Seal, ulong Version);
