using System.Numerics;
using System.Security.Cryptography;
using System.Text;

namespace Skein.Model.Identity;

/// <summary>
/// What `docker swarm join` is given, in Docker's form: SWMTKN-1-digest-secret. The digest is the SHA-256 of the root
/// certificate's PEM as 50 digits of base 36: the joining host checks it before it says anything, the secret included.
/// </summary>
public sealed record JoinToken(string RootDigest, string Secret)
{
    private const string Prefix = "SWMTKN-1-";
    private const int DigestLength = 50;
    private const int SecretLength = 25;
    private const string Digits = "0123456789abcdefghijklmnopqrstuvwxyz";

    public static JoinToken Create(ReadOnlySpan<byte> rootCertificatePem, string secret) => new(DigestOf(rootCertificatePem), secret);

    /// <exception cref="SkeinException">"invalid join token"</exception>
    public static JoinToken Parse(string text)
    {
        if (!text.StartsWith(Prefix, StringComparison.Ordinal)) throw Invalid();
        var parts = text[Prefix.Length..].Split('-');
        if (parts is not [{ Length: DigestLength } digest, { Length: SecretLength } secret]) throw Invalid();
        if (!digest.All(Digits.Contains) || !secret.All(Digits.Contains)) throw Invalid();
        return new(digest, secret);
    }

    public bool Matches(ReadOnlySpan<byte> rootCertificatePem) => RootDigest == DigestOf(rootCertificatePem);

    /// <summary>The digest as Docker's messages show it: 64 hex digits.</summary>
    public string RootDigestHex()
    {
        var value = RootDigest.Aggregate(BigInteger.Zero, (sum, digit) => (sum * 36) + Digits.IndexOf(digit));
        var bytes = value.ToByteArray(isUnsigned: true, isBigEndian: true);
        return Convert.ToHexStringLower(bytes).PadLeft(64, '0');
    }

    /// <summary>Whether the text is this token, in a time that does not depend on where they differ.</summary>
    public static bool Same(string one, string other) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(one), Encoding.UTF8.GetBytes(other));

    public override string ToString() => $"{Prefix}{RootDigest}-{Secret}";

    private static string DigestOf(ReadOnlySpan<byte> pem)
    {
        var value = new BigInteger(SHA256.HashData(pem), isUnsigned: true, isBigEndian: true);
        Span<char> text = stackalloc char[DigestLength];
        for (var i = DigestLength - 1; i >= 0; i--)
        {
            value = BigInteger.DivRem(value, 36, out var digit);
            text[i] = Digits[(int)digit];
        }
        return new string(text);
    }

    private static SkeinException Invalid() => SkeinException.Invalid("invalid join token");
}
