using Skein.Manager.Store;
using Skein.Model.Identity;

namespace Skein.Manager.Certificates;

/// <summary>
/// On a manager: certificates by a root that is on its way are accepted as soon as the state names it. Nodes that call do not
/// send what stands between their certificate and the root.
/// </summary>
public sealed class IssuerWatch(IStore store, NodeIdentity identity)
{
    public async Task RunAsync(CancellationToken cancel)
    {
        while (true)
        {
            var seen = store.Current;
            Learn(seen);
            await store.WaitUntilOtherAsync(seen, cancel, s => s.Cluster?.RootCa);
        }
    }

    public void Learn() => Learn(store.Current);

    private void Learn(Snapshot seen)
    {
        if (seen.Cluster?.RootCa is { } ca && SwarmIssuer.Of(ca).Between is { IsEmpty: false } between) identity.Know(CertificatePem.Read(between.Span));
    }
}
