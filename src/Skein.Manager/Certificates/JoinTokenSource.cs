using Skein.Model;
using Skein.Model.Identity;

namespace Skein.Manager.Certificates;

/// <summary>A new secret over the swarm's root.</summary>
public sealed class JoinTokenSource(IIdSource ids) : IJoinTokenSource
{
    public string NewToken(Cluster cluster) => JoinToken.Create(cluster.RootCa.Cert.Span, ids.NewId()).ToString();
}
