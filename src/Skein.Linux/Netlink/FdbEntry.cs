using System.Net;

namespace Skein.Linux.Netlink;

/// <summary>Where frames to an address go: for a vxlan device the tunnel's other end, for a bridge the port.</summary>
/// <param name="Link">The vxlan device, or the bridge's port.</param>
/// <param name="Remote">Underlay address; null in a bridge's own table.</param>
/// <param name="Master">The bridge whose table holds it; 0 = the device's own table.</param>
/// <param name="State">NUD_*: permanent in a bridge's table = the port's own address.</param>
public sealed record FdbEntry(int Link, MacAddress Mac, IPAddress? Remote, int Master, ushort State)
{
    public bool IsPermanent => (State & Rtnl.NUD_PERMANENT) != 0;

    public bool IsStatic => (State & (Rtnl.NUD_NOARP | Rtnl.NUD_PERMANENT)) != 0;
}
