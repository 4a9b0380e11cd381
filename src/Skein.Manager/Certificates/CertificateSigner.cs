using Skein.Model;
using Skein.Model.Identity;

namespace Skein.Manager.Certificates;

/// <summary>Issues nodes' certificates: by an external CA where one is set for the root that signs, else by the key that the state holds.</summary>
public sealed class CertificateSigner(ExternalCaClient external, TimeProvider time, IIdSource ids)
{
    /// <returns>PEM of the certificate, and of what is presented with it.</returns>
    /// <exception cref="SkeinException">The request cannot be read, or no external CA signs it.</exception>
    internal async Task<byte[]> IssueAsync(Cluster cluster, string requestPem, CertificateName name, CancellationToken cancel)
    {
        var issuer = SwarmIssuer.Of(cluster.RootCa);
        var urls = SwarmIssuer.ExternalUrls(issuer.Cert, cluster.RootCa, cluster.Spec?.Ca);
        if (urls.Count > 0 || issuer.Key.IsEmpty)
        {
            var addresses = RootAuthority.AddressesOf(requestPem, name);
            return [.. await external.SignAsync(urls, issuer.Cert, requestPem, name, addresses, cancel), .. issuer.Between.Span];
        }
        using var authority = RootAuthority.Open(issuer.Cert.Span, issuer.Key.Span, time, ids);
        return [.. authority.Issue(requestPem, name, RootAuthority.NodeLifetimeOf(cluster.Spec)), .. issuer.Between.Span];
    }
}
