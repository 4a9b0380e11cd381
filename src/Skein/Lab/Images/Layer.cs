namespace Skein.Lab.Images;

/// <summary>A finished layer.</summary>
/// <param name="Digest">sha256:… of the compressed bytes, by which the registry knows it.</param>
/// <param name="DiffId">sha256:… of the tar inside.</param>
internal sealed record Layer(byte[] Compressed, string Digest, string DiffId);
