using System.Net;

namespace Skein.Linux.Netlink;

/// <param name="State">NUD_*; only permanent ones are ours.</param>
public sealed record NeighbourInfo(int Link, IPAddress Address, MacAddress? Mac, ushort State)
{
    public bool IsPermanent => (State & Rtnl.NUD_PERMANENT) != 0;
}
