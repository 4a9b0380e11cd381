using System.Security.Cryptography.X509Certificates;
using System.Text;
using Skein.Model.Identity;

namespace Skein.Manager.Certificates;

/// <summary>What a node does about its certificate. Pure.</summary>
internal static class RenewalPlan
{
    public enum Step
    {
        Wait,

        /// <summary>It asks for a new certificate.</summary>
        Renew,

        /// <summary>It trusts the root that it was told, and no longer the one before.</summary>
        Trust,
    }

    /// <param name="due">When the certificate is renewed for its age.</param>
    public static Step Of(NodeCredentials has, ToldIssuer.Told told, DateTimeOffset now, DateTimeOffset due)
    {
        if (now >= due) return Step.Renew;
        if (!told.IssuerPublicKey.IsEmpty && (has.Issuer is not { } issuer || !CertificateIssuer.PublicKeyOf(issuer).Equals(told.IssuerPublicKey))) return Step.Renew;
        if (told.TrustRoot.IsEmpty || told.TrustRoot.Span.SequenceEqual(has.RootPem)) return Step.Wait;
        // One that would not accept its own certificate would be out of the swarm with its next handshake.
        return IsGoodUnder(has, told.TrustRoot.Span, now) ? Step.Trust : Step.Renew;
    }

    private static bool IsGoodUnder(NodeCredentials has, ReadOnlySpan<byte> rootPem, DateTimeOffset now)
    {
        using var root = CertificatePem.ReadFirst(rootPem);
        return CertificateCheck.Check(has.Certificate, root, has.Between, now, ofServer: false).Accepted;
    }
}
