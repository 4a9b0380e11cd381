using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;

namespace Skein.Model.Identity;

/// <summary>Who has issued a certificate, among those who could have.</summary>
public static class CertificateIssuer
{
    private const string AuthorityKey = "2.5.29.35";

    /// <summary>Of the extension by which certificates name their issuer's key.</summary>
    public const string SubjectKey = "2.5.29.14";

    /// <summary>By name and key identifier: roots that follow each other bear the same name. null when it is none of them.</summary>
    public static X509Certificate2? Find(X509Certificate2 certificate, IEnumerable<X509Certificate2> candidates)
    {
        var key = AuthorityKeyOf(certificate);
        return candidates.FirstOrDefault(candidate =>
            candidate.SubjectName.RawData.AsSpan().SequenceEqual(certificate.IssuerName.RawData)
            && (key is not { } wanted || SubjectKeyOf(candidate) is not { } own || own.Span.SequenceEqual(wanted.Span)));
    }

    /// <summary>What a node says of the certificate that it has.</summary>
    public static TlsInfo InfoOf(NodeCredentials credentials)
    {
        var info = credentials.Issuer is { } issuer ? InfoOf(issuer) : new();
        info.TrustRoot = ByteString.CopyFrom(credentials.RootPem);
        return info;
    }

    /// <summary>What is said of who issues: subject and public key.</summary>
    public static TlsInfo InfoOf(X509Certificate2 issuer) =>
        new() { IssuerSubject = ByteString.CopyFrom(issuer.SubjectName.RawData), IssuerPublicKey = PublicKeyOf(issuer) };

    public static ByteString PublicKeyOf(X509Certificate2 certificate) => PublicKeyOf(certificate.PublicKey);

    public static ByteString PublicKeyOf(PublicKey key) => ByteString.CopyFrom(key.ExportSubjectPublicKeyInfo());

    private static ReadOnlyMemory<byte>? AuthorityKeyOf(X509Certificate2 certificate) =>
        certificate.Extensions.FirstOrDefault(extension => extension.Oid?.Value == AuthorityKey) is { } found
            ? new X509AuthorityKeyIdentifierExtension(found.RawData).KeyIdentifier
            : null;

    private static ReadOnlyMemory<byte>? SubjectKeyOf(X509Certificate2 certificate) =>
        certificate.Extensions.FirstOrDefault(extension => extension.Oid?.Value == SubjectKey) is { } found
            ? new X509SubjectKeyIdentifierExtension(found, found.Critical).SubjectKeyIdentifierBytes
            : null;
}
