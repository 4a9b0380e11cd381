using System.Security.Cryptography;

namespace Skein.Lab.Images;

internal static class Digest
{
    public static string Of(ReadOnlySpan<byte> content) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(content));
}
