namespace Skein.NodeLife;

/// <summary>What is sealed of a <see cref="ManagerMemory"/>.</summary>
internal sealed record ManagerKeys(byte[] StoreKey, byte[]? NodeSeal, IReadOnlyList<byte[]>? LaterKeys = null);
