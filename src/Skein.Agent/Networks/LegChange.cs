using System.Net;
using Skein.Linux.Netlink;

namespace Skein.Agent.Networks;

/// <summary>One step that puts a leg right which stands: inside the namespace, or at its port of a bridge of the host.</summary>
internal abstract record LegChange
{
    private LegChange()
    {
    }

    public sealed record SetUp(int Link, string Name) : LegChange;

    public sealed record SetMtu(int Link, string Name, uint Mtu) : LegChange;

    public sealed record SetMac(int Link, string Name, MacAddress Mac) : LegChange;

    public sealed record SetAddress(int Link, string Name, InterfaceAddress Address) : LegChange;

    /// <summary>The kernel gives loopback its address when it comes up without one.</summary>
    public sealed record RenewLoopback(int Link) : LegChange;

    public sealed record SetGateway(int Link, IPAddress Gateway) : LegChange;

    /// <summary>What is not asked for cannot be answered by another.</summary>
    public sealed record SetGatewayNeighbour(int Link, IPAddress Gateway) : LegChange;

    /// <summary>The same of the host's question for the leg.</summary>
    public sealed record SetNeighbour(int Bridge, IPAddress Address, MacAddress Mac) : LegChange;

    public sealed record SetPortEntry(int Link, string Port, MacAddress Mac) : LegChange;

    public sealed record SetPortUp(int Link, string Port) : LegChange;

    public sealed record SetPortMtu(int Link, string Port, uint Mtu) : LegChange;

    public sealed record SetPortMaster(int Link, string Port, int Bridge) : LegChange;

    public sealed record SetPortMode(int Link, string Port, BridgePortInfo Mode) : LegChange;
}
