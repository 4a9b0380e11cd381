using Skein.Model;

namespace Skein.Manager.Certificates;

/// <summary>Makes join tokens: SWMTKN-1-digest of the root certificate-secret.</summary>
public interface IJoinTokenSource
{
    string NewToken(Cluster cluster);
}
