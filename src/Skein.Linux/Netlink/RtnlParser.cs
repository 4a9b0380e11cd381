using System.Net;
using System.Runtime.InteropServices;

namespace Skein.Linux.Netlink;

/// <summary>From payloads of the kernel's messages to records. Any bytes give a record, null or <see cref="NetlinkFormatException"/>.</summary>
internal static class RtnlParser
{
    public static LinkInfo? Link(ReadOnlySpan<byte> payload)
    {
        var attributes = NetlinkAttributeReader.After(16, payload);
        // Announcements of a bridge about its ports have this family; they are no devices of their own.
        if (payload[0] == Rtnl.AF_BRIDGE) return null;
        var link = new LinkInfo(Int(payload, 4), "", "", (UInt(payload, 8) & Rtnl.IFF_UP) != 0, 0, default, 0, 0, null, null, null);
        while (attributes.Read())
        {
            link = attributes.Type switch
            {
                Rtnl.IFLA_IFNAME => link with { Name = attributes.ExpectString() },
                Rtnl.IFLA_MTU => link with { Mtu = attributes.ExpectUInt32() },
                Rtnl.IFLA_ADDRESS when attributes.Value.Length == MacAddress.Length => link with { Mac = attributes.ExpectMac() },
                Rtnl.IFLA_MASTER => link with { Master = attributes.ExpectInt32() },
                Rtnl.IFLA_LINK => link with { Link = attributes.ExpectInt32() },
                Rtnl.IFLA_LINK_NETNSID => link with { LinkNamespace = attributes.ExpectInt32() },
                Rtnl.IFLA_LINKINFO => WithDetails(link, attributes.Nested()),
                _ => link,
            };
        }
        return link;
    }

    public static AddressInfo? Address(ReadOnlySpan<byte> payload)
    {
        var attributes = NetlinkAttributeReader.After(8, payload);
        IPAddress? address = null, local = null;
        while (attributes.Read())
        {
            if (attributes.Type == Rtnl.IFA_ADDRESS) address = attributes.ExpectAddress();
            else if (attributes.Type == Rtnl.IFA_LOCAL) local = attributes.ExpectAddress();
        }
        return (local ?? address) is { } known ? new AddressInfo(Int(payload, 4), new InterfaceAddress(known, payload[1])) : null;
    }

    public static RouteInfo? Route(ReadOnlySpan<byte> payload)
    {
        var attributes = NetlinkAttributeReader.After(12, payload);
        IPAddress? destination = null;
        var route = new RouteInfo(null, null, 0, payload[4], 0, null, payload[7], payload[0] == Rtnl.AF_INET6);
        while (attributes.Read())
        {
            if (attributes.Type == Rtnl.RTA_DST) destination = attributes.ExpectAddress();
            route = attributes.Type switch
            {
                Rtnl.RTA_GATEWAY => route with { Gateway = attributes.ExpectAddress() },
                Rtnl.RTA_OIF => route with { Link = attributes.ExpectInt32() },
                Rtnl.RTA_TABLE => route with { Table = attributes.ExpectUInt32() },
                Rtnl.RTA_PRIORITY => route with { Metric = attributes.ExpectUInt32() },
                Rtnl.RTA_PREFSRC => route with { Source = attributes.ExpectAddress() },
                _ => route,
            };
        }
        return destination is null ? route : route with { Destination = Network(destination, payload[1]) };
    }

    public static RuleInfo? Rule(ReadOnlySpan<byte> payload)
    {
        var attributes = NetlinkAttributeReader.After(12, payload);
        var rule = new RuleInfo(0, 0, 0, payload[4], payload[0] == Rtnl.AF_INET6);
        while (attributes.Read())
        {
            rule = attributes.Type switch
            {
                Rtnl.FRA_PRIORITY => rule with { Priority = attributes.ExpectUInt32() },
                Rtnl.FRA_FWMARK => rule with { Mark = attributes.ExpectUInt32() },
                Rtnl.FRA_FWMASK => rule with { Mask = attributes.ExpectUInt32() },
                Rtnl.FRA_TABLE => rule with { Table = attributes.ExpectUInt32() },
                _ => rule,
            };
        }
        return rule;
    }

    public static NeighbourInfo? Neighbour(ReadOnlySpan<byte> payload)
    {
        var attributes = NetlinkAttributeReader.After(12, payload);
        if (payload[0] is not (Rtnl.AF_INET or Rtnl.AF_INET6)) return null;
        IPAddress? address = null;
        MacAddress? mac = null;
        while (attributes.Read())
        {
            if (attributes.Type == Rtnl.NDA_DST) address = attributes.ExpectAddress();
            else if (attributes.Type == Rtnl.NDA_LLADDR && attributes.Value.Length == MacAddress.Length) mac = attributes.ExpectMac();
        }
        return address is null ? null : new NeighbourInfo(Int(payload, 4), address, mac, UShort(payload, 8));
    }

    public static FdbEntry? Forwarding(ReadOnlySpan<byte> payload)
    {
        var attributes = NetlinkAttributeReader.After(12, payload);
        if (payload[0] != Rtnl.AF_BRIDGE) return null;
        MacAddress? mac = null;
        IPAddress? remote = null;
        var master = 0;
        while (attributes.Read())
        {
            if (attributes.Type == Rtnl.NDA_LLADDR && attributes.Value.Length == MacAddress.Length) mac = attributes.ExpectMac();
            else if (attributes.Type == Rtnl.NDA_DST) remote = attributes.ExpectAddress();
            else if (attributes.Type == Rtnl.NDA_MASTER) master = attributes.ExpectInt32();
        }
        return mac is { } known ? new FdbEntry(Int(payload, 4), known, remote, master, UShort(payload, 8)) : null;
    }

    private static LinkInfo WithDetails(LinkInfo link, NetlinkAttributeReader info)
    {
        string kind = "", portKind = "";
        while (info.Read())
        {
            switch (info.Type)
            {
                case Rtnl.IFLA_INFO_KIND:
                    kind = info.ExpectString();
                    break;
                case Rtnl.IFLA_INFO_SLAVE_KIND:
                    portKind = info.ExpectString();
                    break;
                case Rtnl.IFLA_INFO_DATA when kind == "vxlan":
                    link = link with { Vxlan = Vxlan(info.Nested()) };
                    break;
                case Rtnl.IFLA_INFO_DATA when kind == "bridge":
                    link = link with { IsPlainBridge = IsPlain(info.Nested()) };
                    break;
                case Rtnl.IFLA_INFO_SLAVE_DATA when portKind == "bridge":
                    link = link with { Port = Port(info.Nested()) };
                    break;
            }
        }
        return link with { Kind = kind };
    }

    private static VxlanInfo Vxlan(NetlinkAttributeReader data)
    {
        var vxlan = new VxlanInfo(0, null, 0, false, false);
        while (data.Read())
        {
            vxlan = data.Type switch
            {
                Rtnl.IFLA_VXLAN_ID => vxlan with { Vni = data.ExpectUInt32() },
                Rtnl.IFLA_VXLAN_LOCAL or Rtnl.IFLA_VXLAN_LOCAL6 => vxlan with { Local = data.ExpectAddress() },
                Rtnl.IFLA_VXLAN_PORT => vxlan with { UdpPort = data.ExpectUInt16BigEndian() },
                Rtnl.IFLA_VXLAN_LEARNING => vxlan with { Learning = data.ExpectBool() },
                Rtnl.IFLA_VXLAN_PROXY => vxlan with { Proxy = data.ExpectBool() },
                _ => vxlan,
            };
        }
        return vxlan;
    }

    private static bool IsPlain(NetlinkAttributeReader data)
    {
        var plain = true;
        while (data.Read())
        {
            plain &= data.Type switch
            {
                Rtnl.IFLA_BR_STP_STATE => data.ExpectUInt32() == 0,
                Rtnl.IFLA_BR_VLAN_FILTERING or Rtnl.IFLA_BR_MCAST_SNOOPING => !data.ExpectBool(),
                _ => true,
            };
        }
        return plain;
    }

    private static BridgePortInfo Port(NetlinkAttributeReader data)
    {
        var port = new BridgePortInfo(false, false);
        while (data.Read())
        {
            port = data.Type switch
            {
                Rtnl.IFLA_BRPORT_LEARNING => port with { Learning = data.ExpectBool() },
                Rtnl.IFLA_BRPORT_UNICAST_FLOOD => port with { Flood = data.ExpectBool() },
                Rtnl.IFLA_BRPORT_ISOLATED => port with { Isolated = data.ExpectBool() },
                Rtnl.IFLA_BRPORT_MCAST_FLOOD or Rtnl.IFLA_BRPORT_BCAST_FLOOD => port with { Ordinary = port.Ordinary & data.ExpectBool() },
                Rtnl.IFLA_BRPORT_MODE => port with { Hairpin = data.ExpectBool() },
                Rtnl.IFLA_BRPORT_GUARD or Rtnl.IFLA_BRPORT_PROTECT or Rtnl.IFLA_BRPORT_PROXYARP or Rtnl.IFLA_BRPORT_NEIGH_SUPPRESS =>
                    port with { Ordinary = port.Ordinary & !data.ExpectBool() },
                _ => port,
            };
        }
        return port;
    }

    private static IPNetwork Network(IPAddress address, int prefixLength) =>
        prefixLength <= (address.GetAddressBytes().Length * 8)
            ? new InterfaceAddress(address, prefixLength).Network
            : throw new NetlinkFormatException($"a prefix of {prefixLength} bits");

    private static int Int(ReadOnlySpan<byte> payload, int at) => MemoryMarshal.Read<int>(payload[at..]);

    private static uint UInt(ReadOnlySpan<byte> payload, int at) => MemoryMarshal.Read<uint>(payload[at..]);

    private static ushort UShort(ReadOnlySpan<byte> payload, int at) => MemoryMarshal.Read<ushort>(payload[at..]);
}
