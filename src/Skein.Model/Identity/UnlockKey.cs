using System.Security.Cryptography;

namespace Skein.Model.Identity;

/// <summary>
/// What an operator keeps for a swarm with autolock: without it nobody reads what a manager has on its disk. As Docker's, 32 bytes shown
/// as SWMKEY-1- and base64 without padding.
/// </summary>
public sealed class UnlockKey
{
    public const int Size = 32;
    private const string Prefix = "SWMKEY-1-";

    private readonly byte[] _bytes;

    private UnlockKey(byte[] bytes) => _bytes = bytes;

    /// <summary>null for what is no key, as of a swarm without autolock.</summary>
    public static UnlockKey? Of(ReadOnlySpan<byte> bytes) => bytes.Length == Size ? new(bytes.ToArray()) : null;

    /// <exception cref="SkeinException">In Docker's words: it is not written as a key is.</exception>
    public static UnlockKey Parse(string text)
    {
        var bytes = new byte[Size + 2];
        return text.StartsWith(Prefix, StringComparison.Ordinal) && !text.EndsWith('=')
            && Convert.TryFromBase64String(text[Prefix.Length..] + "=", bytes, out var length) && length == Size
            ? new(bytes[..Size])
            : throw SkeinException.Invalid("invalid key string");
    }

    public override string ToString() => Prefix + Convert.ToBase64String(_bytes).TrimEnd('=');

    public bool IsSame(UnlockKey? other) => other is not null && CryptographicOperations.FixedTimeEquals(_bytes, other._bytes);

    public byte[] Seal(ReadOnlySpan<byte> content, string purpose) => KeySeal.Seal(_bytes, content, purpose);

    /// <summary>null when it was sealed with another key, or for another purpose, or altered.</summary>
    public byte[]? Open(ReadOnlySpan<byte> content, string purpose) => KeySeal.Open(_bytes, content, purpose);
}
