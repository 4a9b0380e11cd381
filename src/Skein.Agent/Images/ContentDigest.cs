using System.Security.Cryptography;

namespace Skein.Agent.Images;

/// <summary>The name of a content, OCI image spec "Digests": by sha256, as everybody writes it.</summary>
public static class ContentDigest
{
    public static string Of(ReadOnlySpan<byte> content) => OfHash(SHA256.HashData(content));

    /// <param name="hash">The content's SHA-256.</param>
    public static string OfHash(ReadOnlySpan<byte> hash) => "sha256:" + Convert.ToHexStringLower(hash);
}
