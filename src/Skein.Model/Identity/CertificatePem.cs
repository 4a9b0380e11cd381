using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Skein.Model.Identity;

/// <summary>Certificates one behind the other in a PEM text.</summary>
public static class CertificatePem
{
    /// <exception cref="SkeinException">There is none, or one that cannot be read.</exception>
    public static X509Certificate2Collection Read(ReadOnlySpan<byte> pem)
    {
        var found = new X509Certificate2Collection();
        try
        {
            found.ImportFromPem(Encoding.ASCII.GetString(pem));
        }
        catch (CryptographicException e)
        {
            throw new SkeinException(ErrorKind.InvalidArgument, $"the certificate cannot be read: {e.Message}", e);
        }
        return found.Count > 0 ? found : throw SkeinException.Invalid("there is no certificate in PEM");
    }

    /// <summary>The first of them, as of a root that stands alone.</summary>
    /// <exception cref="SkeinException">There is none, or one that cannot be read.</exception>
    public static X509Certificate2 ReadFirst(ReadOnlySpan<byte> pem) => Read(pem)[0];

    /// <summary>Without what stands around the certificates, and each ending its line: what is the same compares as the same.</summary>
    public static byte[] Normalize(ReadOnlySpan<byte> pem) => Encoding.ASCII.GetBytes(string.Concat(Read(pem).Select(one => one.ExportCertificatePem() + "\n")));

    /// <summary>Short, for names of files and for comparing: 16 hex digits.</summary>
    public static string DigestOf(ReadOnlySpan<byte> pem) => Convert.ToHexStringLower(SHA256.HashData(pem))[..16];
}
