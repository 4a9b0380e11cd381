using Skein.Manager.Store;
using Skein.Model;

namespace Skein.Manager.Certificates;

/// <summary>What there is to do of a rotation of the CA. Pure.</summary>
internal static class RootRotationPlan
{
    /// <summary>The nodes that have no certificate by the new root yet. One that is down is waited for, as in Docker, until it is removed.</summary>
    public static IReadOnlyList<string> Waiting(Snapshot snapshot)
    {
        if (snapshot.Cluster?.RootCa is not { Rotation: not null } ca) return [];
        var wanted = SwarmIssuer.InfoOf(ca);
        return [.. snapshot.Nodes.All.Where(node => !HasIssuer(node, wanted)).Select(node => node.Id).Order(StringComparer.Ordinal)];
    }

    /// <summary>The cluster with the new root in the old one's place; null while that is not to be.</summary>
    public static Cluster? Finished(Snapshot snapshot, IJoinTokenSource tokens)
    {
        if (snapshot.Cluster is not { RootCa.Rotation: { } rotation } cluster || Waiting(snapshot).Count > 0) return null;
        var next = cluster.Clone();
        next.RootCa = new()
        {
            Cert = rotation.Cert,
            Key = rotation.Key,
            CrossSigned = rotation.CrossSigned,
            LastForcedRotation = cluster.RootCa.LastForcedRotation,
        };
        // A token bears the digest of the root that the joining host checks.
        next.RootCa.JoinTokens = new() { Worker = tokens.NewToken(next), Manager = tokens.NewToken(next) };
        return next;
    }

    private static bool HasIssuer(Node node, TlsInfo wanted) => node.Description?.TlsInfo is { } info
        && info.IssuerSubject.Equals(wanted.IssuerSubject) && info.IssuerPublicKey.Equals(wanted.IssuerPublicKey);
}
