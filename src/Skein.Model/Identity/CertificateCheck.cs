using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Skein.Model.Identity;

/// <summary>Whether a certificate was issued by the swarm's own CA, is valid now, and what it says. The system's trust store plays no part.</summary>
public static class CertificateCheck
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    /// <param name="between">What may stand between the root and the certificate: while the CA is rotated, its new key signed by the old.</param>
    public static CertificateVerdict Check(
        X509Certificate2? certificate, X509Certificate2 root, IEnumerable<X509Certificate2> between, DateTimeOffset now, bool ofServer)
    {
        if (certificate is null) return Refused("no certificate was presented");
        using var chain = ChainTo(root, between, now);
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ofServer ? ServerAuthentication : ClientAuthentication));
        if (!chain.Build(certificate)) return Refused(Reasons(chain));
        var name = CertificateName.Read(certificate);
        return name is null ? Refused($"its subject \"{certificate.Subject}\" names no node of a swarm") : new(name, null);
    }

    /// <summary>Whatever it is for, and whomever it names.</summary>
    public static bool IsIssuedBy(X509Certificate2 certificate, X509Certificate2 root, IEnumerable<X509Certificate2> between, DateTimeOffset now)
    {
        using var chain = ChainTo(root, between, now);
        return chain.Build(certificate);
    }

    private static X509Chain ChainTo(X509Certificate2 root, IEnumerable<X509Certificate2> between, DateTimeOffset now)
    {
        var chain = new X509Chain();
        var policy = chain.ChainPolicy;
        policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        policy.CustomTrustStore.Add(root);
        foreach (var one in between) policy.ExtraStore.Add(one);
        policy.RevocationMode = X509RevocationMode.NoCheck;
        policy.DisableCertificateDownloads = true;
        policy.VerificationTime = now.UtcDateTime;
        policy.VerificationTimeIgnored = false;
        return chain;
    }

    private static string Reasons(X509Chain chain) =>
        string.Join(", ", chain.ChainStatus.Select(status => status.StatusInformation.Trim()));

    private static CertificateVerdict Refused(string why) => new(null, why);
}
