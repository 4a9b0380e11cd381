using System.Net;
using Skein.Linux.Netlink;

namespace Skein.Agent.Networks;

/// <summary>One step from what is to what is wished. Devices are named by index where they exist.</summary>
internal abstract record FabricChange
{
    private FabricChange()
    {
    }

    public sealed record AddBridge(string Name, uint Mtu) : FabricChange;

    public sealed record AddVxlan(string Name, uint Vni, IPAddress Local, ushort UdpPort, uint Mtu) : FabricChange;

    public sealed record DeleteDevice(string Name, string Reason) : FabricChange;

    public sealed record SetUp(int Link, string Name) : FabricChange;

    public sealed record SetMtu(int Link, string Name, uint Mtu) : FabricChange;

    public sealed record SetMaster(int Link, string Name, int Bridge) : FabricChange;

    /// <summary>The port neither teaches the bridge nor gets what the bridge doesn't know.</summary>
    public sealed record SetQuiet(int Link, string Name) : FabricChange;

    /// <summary>No snooping, no VLANs, no spanning tree.</summary>
    public sealed record SetPlain(int Link, string Name) : FabricChange;

    public sealed record SetNeighbour(int Vxlan, IPAddress Address, MacAddress Mac) : FabricChange;

    public sealed record DeleteNeighbour(int Vxlan, IPAddress Address) : FabricChange;

    public sealed record SetTunnel(int Vxlan, MacAddress Mac, IPAddress Remote) : FabricChange;

    public sealed record DeleteTunnel(int Vxlan, MacAddress Mac) : FabricChange;

    public sealed record SetPortEntry(int Port, MacAddress Mac) : FabricChange;

    public sealed record DeletePortEntry(int Port, MacAddress Mac) : FabricChange;
}
