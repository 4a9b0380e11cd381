using System.Security.Cryptography;
using System.Text.RegularExpressions;

namespace Skein.Agent.Images;

/// <summary>The name of a content, OCI image spec "Digests": by sha256, as everybody writes it.</summary>
public static partial class ContentDigest
{
    public static string Of(ReadOnlySpan<byte> content) => OfHash(SHA256.HashData(content));

    /// <param name="hash">The content's SHA-256.</param>
    public static string OfHash(ReadOnlySpan<byte> hash) => "sha256:" + Convert.ToHexStringLower(hash);

    /// <summary>Whether it is one that containerd knows: a manifest may call its parts anything, at any length.</summary>
    public static bool IsOne(string text) => Pattern().IsMatch(text);

    [GeneratedRegex(@"^(?:sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128})\z")]
    private static partial Regex Pattern();
}
