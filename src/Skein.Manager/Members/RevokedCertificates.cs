using System.Security.Cryptography.X509Certificates;
using Google.Protobuf.WellKnownTypes;
using Skein.Manager.Store;
using Skein.Model;

namespace Skein.Manager.Members;

/// <summary>Which of the certificates that managers were given open nothing at etcd any more. Pure.</summary>
internal static class RevokedCertificates
{
    /// <summary>
    /// Serial numbers, in order. One that is demoted still votes until its member is out of etcd, and the others may need that vote for
    /// taking it out.
    /// </summary>
    public static IReadOnlyList<string> Of(Snapshot snapshot) => [.. snapshot.Of(ObjectKind.ManagerCertificate).All
        .Where(certificate => IsOver(snapshot.Nodes.Find(certificate.NodeId)))
        .Select(certificate => certificate.Id)
        .Order(StringComparer.Ordinal)];

    /// <summary>What is written down of a manager's certificate when it is given.</summary>
    public static ManagerCertificate EntryOf(X509Certificate2 certificate, string nodeId) => new()
    {
        Id = certificate.SerialNumber.ToLowerInvariant(),
        NodeId = nodeId,
        NotAfter = Timestamp.FromDateTime(certificate.NotAfter.ToUniversalTime()),
    };

    /// <summary>The node is no manager any more, and is out of etcd.</summary>
    internal static bool IsOver(Node? node) => node is null || (node.Spec?.Role != NodeRole.Manager && node.ManagerStatus is null);
}
