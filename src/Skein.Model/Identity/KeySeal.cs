using System.Security.Cryptography;
using System.Text;

namespace Skein.Model.Identity;

/// <summary>
/// A secret on a disk, sealed with a key of 32 bytes: nonce (12) | ciphertext | tag (16), AES-256-GCM over random nonces. What it is for is
/// bound in, so that nothing sealed can be put in another's place.
/// </summary>
public static class KeySeal
{
    private const int NonceSize = 12;
    private const int TagSize = 16;

    public static byte[] Seal(ReadOnlySpan<byte> key, ReadOnlySpan<byte> content, string purpose)
    {
        var sealedContent = new byte[NonceSize + content.Length + TagSize];
        RandomNumberGenerator.Fill(sealedContent.AsSpan(0, NonceSize));
        using var aes = new AesGcm(key, TagSize);
        aes.Encrypt(
            sealedContent.AsSpan(0, NonceSize), content, sealedContent.AsSpan(NonceSize, content.Length), sealedContent.AsSpan(NonceSize + content.Length),
            Encoding.UTF8.GetBytes(purpose));
        return sealedContent;
    }

    /// <summary>null when it was sealed with another key, or for another purpose, or altered.</summary>
    public static byte[]? Open(ReadOnlySpan<byte> key, ReadOnlySpan<byte> sealedContent, string purpose)
    {
        if (sealedContent.Length < NonceSize + TagSize) return null;
        var content = new byte[sealedContent.Length - NonceSize - TagSize];
        using var aes = new AesGcm(key, TagSize);
        try
        {
            aes.Decrypt(sealedContent[..NonceSize], sealedContent[NonceSize..^TagSize], sealedContent[^TagSize..], content, Encoding.UTF8.GetBytes(purpose));
            return content;
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
    }
}
