using Skein.Model;
using Skein.Model.Identity;

namespace Skein.NodeLife;

/// <param name="AdvertiseAddr">Underlay address of the node.</param>
/// <param name="Vtep">Underlay address of its tunnels.</param>
/// <param name="Managers">Those known at the beginning.</param>
/// <param name="FromHere">The ip:port by which this host reaches a manager that is known by another.</param>
internal sealed record NodeMembership(
    NodeIdentity Identity, string AdvertiseAddr, string Vtep, IReadOnlyList<ManagerPeer> Managers, Func<string, string> FromHere);
