using System.Security.Cryptography.X509Certificates;

namespace Skein.Model.Identity;

/// <summary>Who a certificate says its holder is, in Docker's form: CN = node, OU = role, O = cluster.</summary>
public sealed record CertificateName(string NodeId, NodeRole Role, string ClusterId)
{
    private const string CommonName = "2.5.4.3";
    private const string Organization = "2.5.4.10";
    private const string OrganizationalUnit = "2.5.4.11";

    /// <summary>The OU of a manager, and the DNS name in its certificate that etcd asks of every peer and client.</summary>
    public const string ManagerRole = "swarm-manager";
    public const string WorkerRole = "swarm-worker";

    public string RoleName => Role == NodeRole.Manager ? ManagerRole : WorkerRole;

    public X500DistinguishedName ToDistinguishedName()
    {
        var builder = new X500DistinguishedNameBuilder();
        builder.AddOrganizationName(ClusterId);
        builder.AddOrganizationalUnitName(RoleName);
        builder.AddCommonName(NodeId);
        return builder.Build();
    }

    /// <summary>null when the subject is not of this form: then it is no certificate of a node.</summary>
    public static CertificateName? Read(X509Certificate2 certificate)
    {
        string? node = null, role = null, cluster = null;
        foreach (var part in certificate.SubjectName.EnumerateRelativeDistinguishedNames())
        {
            if (part.HasMultipleElements) return null;
            switch (part.GetSingleElementType().Value)
            {
                case CommonName: node = part.GetSingleElementValue(); break;
                case Organization: cluster = part.GetSingleElementValue(); break;
                case OrganizationalUnit: role = part.GetSingleElementValue(); break;
            }
        }
        if (string.IsNullOrEmpty(node) || string.IsNullOrEmpty(cluster)) return null;
        return role switch
        {
            ManagerRole => new(node, NodeRole.Manager, cluster),
            WorkerRole => new(node, NodeRole.Worker, cluster),
            _ => null,
        };
    }
}
