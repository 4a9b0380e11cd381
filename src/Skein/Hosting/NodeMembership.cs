using Skein.Model;
using Skein.Model.Identity;

namespace Skein.Hosting;

/// <param name="AdvertiseAddr">Underlay address of the node.</param>
/// <param name="Vtep">Underlay address of its tunnels.</param>
/// <param name="Managers">Those known at the beginning.</param>
internal sealed record NodeMembership(NodeIdentity Identity, string AdvertiseAddr, string Vtep, IReadOnlyList<ManagerPeer> Managers);
