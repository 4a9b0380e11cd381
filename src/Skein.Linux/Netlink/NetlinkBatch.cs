using System.Net;
using Skein.Linux.Namespaces;

namespace Skein.Linux.Netlink;

/// <summary>
/// Changes to apply in order with few system calls. What is there already is replaced, what is gone already is no error:
/// a batch may be applied again.
/// </summary>
public sealed class NetlinkBatch
{
    private const ushort Change = Rtnl.NLM_F_REQUEST | Rtnl.NLM_F_ACK;
    private const ushort Create = Change | Rtnl.NLM_F_CREATE | Rtnl.NLM_F_EXCL;
    private const ushort Replace = Change | Rtnl.NLM_F_CREATE | Rtnl.NLM_F_REPLACE;

    private readonly List<Item> _items = [];
    private readonly List<NetworkNamespace> _referenced = [];

    internal readonly record struct Item(int Start, int End, string Operation, int Accepted, int AlsoAccepted);

    public int Count => _items.Count;

    public bool IsEmpty => _items.Count == 0;

    internal IReadOnlyList<Item> Items => _items;

    internal NetlinkWriter Writer { get; } = new();

    /// <summary>
    /// A pair of devices: one here and up, as a port of <paramref name="master"/> if that is not 0, the other in another namespace and
    /// down (the kernel refuses to make it up: at that moment it has no peer yet).
    /// </summary>
    /// <exception cref="LinuxException">EEXIST, when applied: a device of either name exists.</exception>
    public NetlinkBatch AddVeth(string name, int master, uint mtu, NetworkNamespace peerSpace, string peerName, MacAddress peerMac)
    {
        var message = BeginLink(Rtnl.RTM_NEWLINK, Create, 0, up: true);
        Writer.Text(Rtnl.IFLA_IFNAME, name);
        Writer.UInt32(Rtnl.IFLA_MTU, mtu);
        if (master != 0) Writer.Int32(Rtnl.IFLA_MASTER, master);
        var info = Writer.BeginNested(Rtnl.IFLA_LINKINFO);
        Writer.Text(Rtnl.IFLA_INFO_KIND, "veth");
        var data = Writer.BeginNested(Rtnl.IFLA_INFO_DATA);
        var peer = Writer.BeginNested(Rtnl.VETH_INFO_PEER);
        LinkHeader(0, up: null);
        Writer.Text(Rtnl.IFLA_IFNAME, peerName);
        Writer.UInt32(Rtnl.IFLA_MTU, mtu);
        Writer.Mac(Rtnl.IFLA_ADDRESS, peerMac);
        Namespace(peerSpace);
        Writer.EndNested(peer);
        Writer.EndNested(data);
        Writer.EndNested(info);
        return End(message, $"add veth {name} with peer {peerName}");
    }

    /// <summary>A bridge, up. Snooping is off: it would hold back neighbour solicitations until somebody has joined.</summary>
    public NetlinkBatch AddBridge(string name, uint mtu, MacAddress? mac = null)
    {
        var message = BeginLink(Rtnl.RTM_NEWLINK, Create, 0, up: true);
        Writer.Text(Rtnl.IFLA_IFNAME, name);
        Writer.UInt32(Rtnl.IFLA_MTU, mtu);
        if (mac is { } address) Writer.Mac(Rtnl.IFLA_ADDRESS, address);
        var info = Writer.BeginNested(Rtnl.IFLA_LINKINFO);
        Writer.Text(Rtnl.IFLA_INFO_KIND, "bridge");
        var data = Writer.BeginNested(Rtnl.IFLA_INFO_DATA);
        Writer.Byte(Rtnl.IFLA_BR_MCAST_SNOOPING, 0);
        Writer.EndNested(data);
        Writer.EndNested(info);
        return End(message, $"add bridge {name}");
    }

    /// <summary>A device of its own Ethernet address on another one, in another namespace and down.</summary>
    public NetlinkBatch AddMacvlan(int lower, uint mtu, NetworkNamespace space, string name, MacAddress mac, MacvlanMode mode)
    {
        var message = BeginLink(Rtnl.RTM_NEWLINK, Create, 0, up: null);
        Writer.Text(Rtnl.IFLA_IFNAME, name);
        Writer.UInt32(Rtnl.IFLA_MTU, mtu);
        Writer.Mac(Rtnl.IFLA_ADDRESS, mac);
        Writer.Int32(Rtnl.IFLA_LINK, lower);
        Namespace(space);
        var info = Writer.BeginNested(Rtnl.IFLA_LINKINFO);
        Writer.Text(Rtnl.IFLA_INFO_KIND, "macvlan");
        var data = Writer.BeginNested(Rtnl.IFLA_INFO_DATA);
        Writer.UInt32(Rtnl.IFLA_MACVLAN_MODE, (uint)mode);
        Writer.EndNested(data);
        Writer.EndNested(info);
        return End(message, $"add macvlan {name} on link {lower}");
    }

    /// <summary>What comes to a device with this tag, and leaves with it; up.</summary>
    public NetlinkBatch AddVlan(string name, int lower, ushort id)
    {
        var message = BeginLink(Rtnl.RTM_NEWLINK, Create, 0, up: true);
        Writer.Text(Rtnl.IFLA_IFNAME, name);
        Writer.Int32(Rtnl.IFLA_LINK, lower);
        var info = Writer.BeginNested(Rtnl.IFLA_LINKINFO);
        Writer.Text(Rtnl.IFLA_INFO_KIND, "vlan");
        var data = Writer.BeginNested(Rtnl.IFLA_INFO_DATA);
        Writer.UInt16(Rtnl.IFLA_VLAN_ID, id);
        Writer.EndNested(data);
        Writer.EndNested(info);
        return End(message, $"add vlan {name} on link {lower}");
    }

    /// <summary>
    /// A vxlan device that answers from its neighbour table, learns nothing and floods nowhere. It appears in
    /// <paramref name="space"/>; its UDP socket stays in the namespace that this batch is applied in.
    /// </summary>
    /// <exception cref="LinuxException">EEXIST, when applied: the name is taken there, or the VNI here (by a device in any namespace).</exception>
    public NetlinkBatch AddVxlan(string name, uint vni, IPAddress local, ushort udpPort, uint mtu, NetworkNamespace space)
    {
        var message = BeginLink(Rtnl.RTM_NEWLINK, Create, 0, up: false);
        Writer.Text(Rtnl.IFLA_IFNAME, name);
        Writer.UInt32(Rtnl.IFLA_MTU, mtu);
        Namespace(space);
        var info = Writer.BeginNested(Rtnl.IFLA_LINKINFO);
        Writer.Text(Rtnl.IFLA_INFO_KIND, "vxlan");
        var data = Writer.BeginNested(Rtnl.IFLA_INFO_DATA);
        Writer.UInt32(Rtnl.IFLA_VXLAN_ID, vni);
        Writer.Address(local.GetAddressBytes().Length == 4 ? Rtnl.IFLA_VXLAN_LOCAL : Rtnl.IFLA_VXLAN_LOCAL6, local);
        Writer.UInt16BigEndian(Rtnl.IFLA_VXLAN_PORT, udpPort);
        Writer.Bool(Rtnl.IFLA_VXLAN_LEARNING, false);
        Writer.Bool(Rtnl.IFLA_VXLAN_PROXY, true);
        // RFC 7348: the outer checksum over IPv4 should be zero; the inner packet has its own.
        if (local.GetAddressBytes().Length == 4) Writer.Bool(Rtnl.IFLA_VXLAN_UDP_CSUM, false);
        Writer.EndNested(data);
        Writer.EndNested(info);
        return End(message, $"add vxlan {name} with VNI {vni}");
    }

    public NetlinkBatch SetUp(int link) => End(BeginLink(Rtnl.RTM_NEWLINK, Change, link, up: true), $"set link {link} up");

    public NetlinkBatch SetDown(int link) => End(BeginLink(Rtnl.RTM_NEWLINK, Change, link, up: false), $"set link {link} down");

    public NetlinkBatch SetMaster(int link, int master)
    {
        var message = BeginLink(Rtnl.RTM_NEWLINK, Change, link, up: null);
        Writer.Int32(Rtnl.IFLA_MASTER, master);
        return End(message, $"make link {link} a port of bridge {master}");
    }

    public NetlinkBatch SetMtu(int link, uint mtu)
    {
        var message = BeginLink(Rtnl.RTM_NEWLINK, Change, link, up: null);
        Writer.UInt32(Rtnl.IFLA_MTU, mtu);
        return End(message, $"set MTU {mtu} on link {link}");
    }

    public NetlinkBatch SetMac(int link, MacAddress mac)
    {
        var message = BeginLink(Rtnl.RTM_NEWLINK, Change, link, up: null);
        Writer.Mac(Rtnl.IFLA_ADDRESS, mac);
        return End(message, $"set address {mac} on link {link}");
    }

    public NetlinkBatch Rename(int link, string name)
    {
        var message = BeginLink(Rtnl.RTM_NEWLINK, Change, link, up: null);
        Writer.Text(Rtnl.IFLA_IFNAME, name);
        return End(message, $"rename link {link} to {name}");
    }

    public NetlinkBatch Move(int link, NetworkNamespace space)
    {
        var message = BeginLink(Rtnl.RTM_NEWLINK, Change, link, up: null);
        Namespace(space);
        return End(message, $"move link {link} to {space.Path}");
    }

    /// <summary>Takes snooping, VLANs and the spanning tree from a bridge: see <see cref="LinkInfo.IsPlainBridge"/>.</summary>
    public NetlinkBatch SetPlainBridge(int link) =>
        Bridge(link, writer =>
        {
            writer.UInt32(Rtnl.IFLA_BR_STP_STATE, 0);
            writer.Byte(Rtnl.IFLA_BR_MCAST_SNOOPING, 0);
        })
        // A kernel without bridges' VLANs refuses to be told that they are off.
        .Bridge(link, static writer => writer.Byte(Rtnl.IFLA_BR_VLAN_FILTERING, 0), Errno.EOPNOTSUPP);

    /// <summary>Whether the bridge learns senders behind this port, and sends unicast to addresses it doesn't know there; all else as on a new port.</summary>
    /// <param name="isolated">Isolated ports do not reach each other, only the bridge and ports that are not.</param>
    public NetlinkBatch SetBridgePort(LinkName link, bool learning, bool flood, bool isolated = false) => SetBridgePort(link, new BridgePortInfo(learning, flood, isolated));

    /// <summary>All as told; what is ordinary is so.</summary>
    public NetlinkBatch SetBridgePort(LinkName link, BridgePortInfo mode)
    {
        var message = BeginLink(Rtnl.RTM_NEWLINK, Change, link.Index, up: null);
        if (link.Index == 0) Writer.Text(Rtnl.IFLA_IFNAME, link.Name);
        var info = Writer.BeginNested(Rtnl.IFLA_LINKINFO);
        Writer.Text(Rtnl.IFLA_INFO_SLAVE_KIND, "bridge");
        var data = Writer.BeginNested(Rtnl.IFLA_INFO_SLAVE_DATA);
        Writer.Bool(Rtnl.IFLA_BRPORT_LEARNING, mode.Learning);
        Writer.Bool(Rtnl.IFLA_BRPORT_UNICAST_FLOOD, mode.Flood);
        Writer.Bool(Rtnl.IFLA_BRPORT_ISOLATED, mode.Isolated);
        Writer.Bool(Rtnl.IFLA_BRPORT_MODE, mode.Hairpin);
        foreach (var on in (ReadOnlySpan<ushort>)[Rtnl.IFLA_BRPORT_MCAST_FLOOD, Rtnl.IFLA_BRPORT_BCAST_FLOOD]) Writer.Bool(on, true);
        foreach (var off in (ReadOnlySpan<ushort>)[Rtnl.IFLA_BRPORT_GUARD, Rtnl.IFLA_BRPORT_PROTECT, Rtnl.IFLA_BRPORT_PROXYARP, Rtnl.IFLA_BRPORT_NEIGH_SUPPRESS])
            Writer.Bool(off, false);
        Writer.EndNested(data);
        Writer.EndNested(info);
        return End(message, $"set bridge port {link}");
    }

    public NetlinkBatch DeleteLink(LinkName link)
    {
        var message = BeginLink(Rtnl.RTM_DELLINK, Change, link.Index, up: null);
        if (link.Index == 0) Writer.Text(Rtnl.IFLA_IFNAME, link.Name);
        return End(message, $"delete link {link}", Errno.ENODEV);
    }

    public NetlinkBatch SetAddress(int link, InterfaceAddress address) => Address(Rtnl.RTM_NEWADDR, Replace, link, address, "set", 0);

    public NetlinkBatch DeleteAddress(int link, InterfaceAddress address) =>
        Address(Rtnl.RTM_DELADDR, Change, link, address, "delete", Errno.EADDRNOTAVAIL, Errno.ENODEV);

    /// <param name="destination">null = default.</param>
    /// <param name="gateway">null = on the link.</param>
    public NetlinkBatch SetRoute(IPNetwork? destination, IPAddress? gateway, int link, uint table = Rtnl.RT_TABLE_MAIN, uint metric = 0, bool isIPv6 = false) =>
        Route(Rtnl.RTM_NEWROUTE, Replace, destination, gateway, link, table, metric, isIPv6, "set");

    public NetlinkBatch DeleteRoute(IPNetwork? destination, IPAddress? gateway, int link, uint table = Rtnl.RT_TABLE_MAIN, uint metric = 0, bool isIPv6 = false) =>
        Route(Rtnl.RTM_DELROUTE, Change, destination, gateway, link, table, metric, isIPv6, "delete", Errno.ESRCH, Errno.ENODEV);

    /// <summary>Packets with this mark look up this table. A second equal rule is not made.</summary>
    public NetlinkBatch AddRule(uint priority, uint mark, uint mask, uint table, bool isIPv6 = false) =>
        Rule(Rtnl.RTM_NEWRULE, Create, priority, mark, mask, table, isIPv6, "add", Errno.EEXIST);

    public NetlinkBatch DeleteRule(uint priority, uint mark, uint mask, uint table, bool isIPv6 = false) =>
        Rule(Rtnl.RTM_DELRULE, Change, priority, mark, mask, table, isIPv6, "delete", Errno.ENOENT);

    /// <summary>A permanent neighbour entry.</summary>
    public NetlinkBatch SetNeighbour(int link, IPAddress address, MacAddress mac) =>
        Neighbour(Rtnl.RTM_NEWNEIGH, Replace, link, address, mac, "set", 0);

    public NetlinkBatch DeleteNeighbour(int link, IPAddress address) =>
        Neighbour(Rtnl.RTM_DELNEIGH, Change, link, address, null, "delete", Errno.ENOENT, Errno.ENODEV);

    /// <summary>In a vxlan device's own table: frames to this address go to that tunnel end, and to no other.</summary>
    public NetlinkBatch SetTunnelEntry(int vxlan, MacAddress mac, IPAddress remote)
    {
        var message = BeginNeighbour(Rtnl.RTM_NEWNEIGH, Replace, Rtnl.AF_BRIDGE, vxlan, Rtnl.NUD_PERMANENT, Rtnl.NTF_SELF);
        Writer.Mac(Rtnl.NDA_LLADDR, mac);
        Writer.Address(Rtnl.NDA_DST, remote);
        return End(message, $"set tunnel entry {mac} to {remote} on link {vxlan}");
    }

    public NetlinkBatch DeleteTunnelEntry(int vxlan, MacAddress mac)
    {
        var message = BeginNeighbour(Rtnl.RTM_DELNEIGH, Change, Rtnl.AF_BRIDGE, vxlan, 0, Rtnl.NTF_SELF);
        Writer.Mac(Rtnl.NDA_LLADDR, mac);
        return End(message, $"delete tunnel entry {mac} of link {vxlan}", Errno.ENOENT, Errno.ENODEV);
    }

    /// <summary>In a bridge's table: frames to this address leave by that port.</summary>
    public NetlinkBatch SetPortEntry(int port, MacAddress mac)
    {
        var message = BeginNeighbour(Rtnl.RTM_NEWNEIGH, Replace, Rtnl.AF_BRIDGE, port, Rtnl.NUD_NOARP, Rtnl.NTF_MASTER);
        Writer.Mac(Rtnl.NDA_LLADDR, mac);
        return End(message, $"set bridge entry {mac} to port {port}");
    }

    public NetlinkBatch DeletePortEntry(int port, MacAddress mac)
    {
        var message = BeginNeighbour(Rtnl.RTM_DELNEIGH, Change, Rtnl.AF_BRIDGE, port, 0, Rtnl.NTF_MASTER);
        Writer.Mac(Rtnl.NDA_LLADDR, mac);
        return End(message, $"delete bridge entry {mac} of port {port}", Errno.ENOENT, Errno.ENODEV);
    }

    /// <summary>Namespaces named in the messages by descriptor stay open until this call, after the batch was sent.</summary>
    internal void KeepNamespaces()
    {
        foreach (var space in _referenced) GC.KeepAlive(space);
    }

    private NetlinkBatch Bridge(int link, Action<NetlinkWriter> settings, int accepted = 0)
    {
        var message = BeginLink(Rtnl.RTM_NEWLINK, Change, link, up: null);
        var info = Writer.BeginNested(Rtnl.IFLA_LINKINFO);
        Writer.Text(Rtnl.IFLA_INFO_KIND, "bridge");
        var data = Writer.BeginNested(Rtnl.IFLA_INFO_DATA);
        settings(Writer);
        Writer.EndNested(data);
        Writer.EndNested(info);
        return End(message, $"make link {link} a plain bridge", accepted);
    }

    private NetlinkBatch Address(ushort type, ushort flags, int link, InterfaceAddress address, string verb, int accepted, int also = 0)
    {
        var message = Begin(type, flags);
        // struct ifaddrmsg { u8 family, u8 prefixlen, u8 flags, u8 scope, u32 index }
        var header = Writer.Fixed(8);
        header[0] = address.IsIPv6 ? Rtnl.AF_INET6 : Rtnl.AF_INET;
        header[1] = (byte)address.PrefixLength;
        // Duplicates can't be: addresses are allocated. Probing for them would hold the address back for a second.
        header[2] = address.IsIPv6 ? Rtnl.IFA_F_NODAD : (byte)0;
        BitConverter.TryWriteBytes(header[4..], link);
        Writer.Address(Rtnl.IFA_LOCAL, address.Address);
        Writer.Address(Rtnl.IFA_ADDRESS, address.Address);
        if (!address.IsIPv6 && address.PrefixLength < 31) Writer.Address(Rtnl.IFA_BROADCAST, Broadcast(address));
        return End(message, $"{verb} address {address} on link {link}", accepted, also);
    }

    private static IPAddress Broadcast(InterfaceAddress address)
    {
        var bytes = address.Address.GetAddressBytes();
        for (var bit = address.PrefixLength; bit < 32; bit++) bytes[bit / 8] |= (byte)(0x80 >> (bit % 8));
        return new IPAddress(bytes);
    }

    private NetlinkBatch Route(ushort type, ushort flags, IPNetwork? destination, IPAddress? gateway, int link, uint table, uint metric, bool isIPv6, string verb, int accepted = 0, int also = 0)
    {
        var message = Begin(type, flags);
        // struct rtmsg { u8 family, dst_len, src_len, tos, table, protocol, scope, type; u32 flags }
        var header = Writer.Fixed(12);
        header[0] = isIPv6 ? Rtnl.AF_INET6 : Rtnl.AF_INET;
        header[1] = (byte)(destination?.PrefixLength ?? 0);
        header[4] = table < 256 ? (byte)table : (byte)0;
        header[5] = Rtnl.RTPROT_BOOT;
        header[6] = gateway is null && !isIPv6 ? Rtnl.RT_SCOPE_LINK : Rtnl.RT_SCOPE_UNIVERSE;
        header[7] = Rtnl.RTN_UNICAST;
        if (destination is { } network) Writer.Address(Rtnl.RTA_DST, network.BaseAddress);
        if (gateway is not null) Writer.Address(Rtnl.RTA_GATEWAY, gateway);
        if (link != 0) Writer.Int32(Rtnl.RTA_OIF, link);
        if (metric != 0) Writer.UInt32(Rtnl.RTA_PRIORITY, metric);
        Writer.UInt32(Rtnl.RTA_TABLE, table);
        return End(message, $"{verb} route to {destination?.ToString() ?? "default"} in table {table}", accepted, also);
    }

    private NetlinkBatch Rule(ushort type, ushort flags, uint priority, uint mark, uint mask, uint table, bool isIPv6, string verb, int accepted)
    {
        var message = Begin(type, flags);
        // struct fib_rule_hdr { u8 family, dst_len, src_len, tos, table, res1, res2, action; u32 flags }
        var header = Writer.Fixed(12);
        header[0] = isIPv6 ? Rtnl.AF_INET6 : Rtnl.AF_INET;
        header[4] = table < 256 ? (byte)table : (byte)0;
        header[7] = Rtnl.FR_ACT_TO_TBL;
        Writer.UInt32(Rtnl.FRA_PRIORITY, priority);
        Writer.UInt32(Rtnl.FRA_FWMARK, mark);
        Writer.UInt32(Rtnl.FRA_FWMASK, mask);
        Writer.UInt32(Rtnl.FRA_TABLE, table);
        return End(message, $"{verb} rule for mark {mark:x}", accepted);
    }

    private NetlinkBatch Neighbour(ushort type, ushort flags, int link, IPAddress address, MacAddress? mac, string verb, int accepted, int also = 0)
    {
        var family = address.GetAddressBytes().Length == 4 ? Rtnl.AF_INET : Rtnl.AF_INET6;
        var message = BeginNeighbour(type, flags, family, link, Rtnl.NUD_PERMANENT, 0);
        Writer.Address(Rtnl.NDA_DST, address);
        if (mac is { } known) Writer.Mac(Rtnl.NDA_LLADDR, known);
        return End(message, $"{verb} neighbour {address} on link {link}", accepted, also);
    }

    private int BeginNeighbour(ushort type, ushort flags, byte family, int link, ushort state, byte entryFlags)
    {
        var message = Begin(type, flags);
        // struct ndmsg { u8 family, u8 pad, u16 pad, s32 ifindex, u16 state, u8 flags, u8 type }
        var header = Writer.Fixed(12);
        header[0] = family;
        BitConverter.TryWriteBytes(header[4..], link);
        BitConverter.TryWriteBytes(header[8..], state);
        header[10] = entryFlags;
        return message;
    }

    private int BeginLink(ushort type, ushort flags, int index, bool? up)
    {
        var message = Begin(type, flags);
        LinkHeader(index, up);
        return message;
    }

    // struct ifinfomsg { u8 family, u8 pad, u16 type, s32 index, u32 flags, u32 change }
    private void LinkHeader(int index, bool? up)
    {
        var header = Writer.Fixed(16);
        BitConverter.TryWriteBytes(header[4..], index);
        if (up is not { } set) return;
        BitConverter.TryWriteBytes(header[8..], set ? Rtnl.IFF_UP : 0);
        BitConverter.TryWriteBytes(header[12..], Rtnl.IFF_UP);
    }

    private void Namespace(NetworkNamespace space)
    {
        _referenced.Add(space);
        Writer.Int32(Rtnl.IFLA_NET_NS_FD, (int)space.Handle.DangerousGetHandle());
    }

    private int Begin(ushort type, ushort flags) => Writer.Begin(type, flags, 0);

    private NetlinkBatch End(int start, string operation, int accepted = 0, int alsoAccepted = 0)
    {
        Writer.End(start);
        _items.Add(new Item(start, Writer.Length, operation, accepted, alsoAccepted));
        return this;
    }
}
