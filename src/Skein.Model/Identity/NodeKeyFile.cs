using System.Security.Cryptography;
using System.Text;

namespace Skein.Model.Identity;

/// <summary>
/// The file of a node's certificate with its key. The key of a locked manager is sealed in it; etcd, which reads the key at each
/// handshake, finds both in the clear in another folder, that is in memory alone.
/// </summary>
internal static class NodeKeyFile
{
    private const string SealedLabel = "SKEIN SEALED PRIVATE KEY";
    private const string Purpose = "node key";
    private const string Clear = "-----BEGIN PRIVATE KEY-----";
    private const string Sealed = "-----BEGIN " + SealedLabel + "-----";

    public static byte[] Write(ReadOnlySpan<byte> certificatePem, string keyPem, byte[]? seal)
    {
        var key = seal is null ? keyPem : PemEncoding.WriteString(SealedLabel, KeySeal.Seal(seal, Encoding.ASCII.GetBytes(keyPem), Purpose)) + "\n";
        return [.. certificatePem, .. Encoding.ASCII.GetBytes(key)];
    }

    /// <exception cref="SkeinException">It holds no key, or one that this does not open.</exception>
    public static (byte[] CertificatePem, string KeyPem) Read(string text, byte[]? seal)
    {
        var keyAt = text.IndexOf(Clear, StringComparison.Ordinal);
        if (keyAt >= 0) return (Encoding.ASCII.GetBytes(text[..keyAt]), text[keyAt..]);
        keyAt = text.IndexOf(Sealed, StringComparison.Ordinal);
        if (keyAt < 0) throw SkeinException.Invalid("it holds no private key");
        var at = PemEncoding.Find(text.AsSpan(keyAt));
        var sealedKey = Convert.FromBase64String(text[keyAt..][at.Base64Data]);
        var key = (seal is null ? null : KeySeal.Open(seal, sealedKey, Purpose)) ?? throw SkeinException.Invalid("its private key is sealed with another key");
        return (Encoding.ASCII.GetBytes(text[..keyAt]), Encoding.ASCII.GetString(key));
    }
}
