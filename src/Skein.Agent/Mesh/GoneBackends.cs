using System.Net;
using Skein.Linux.Conntrack;
using Skein.Linux.Namespaces;

namespace Skein.Agent.Mesh;

/// <summary>
/// Lets UDP flows to tasks that are no longer balanced to begin anew with another. A TCP connection stays with its task as
/// long as both ends keep it.
/// </summary>
internal sealed class GoneBackends(NetworkNamespace space)
{
    private HashSet<IPAddress> _present = [];

    /// <summary>To be called when the new rules stand: a flow that began before would be led to the same task.</summary>
    public void Forget(IEnumerable<IPAddress> backends)
    {
        var now = backends.ToHashSet();
        var gone = _present.Except(now).ToHashSet();
        ConntrackTable.ForgetUdp(space, gone);
        _present = now;
    }
}
