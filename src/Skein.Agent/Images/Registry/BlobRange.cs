namespace Skein.Agent.Images.Registry;

/// <param name="End">The first byte that is not in it.</param>
/// <param name="IsWhole">There is no other part of the blob.</param>
internal readonly record struct BlobRange(long Offset, long End, bool IsWhole);
