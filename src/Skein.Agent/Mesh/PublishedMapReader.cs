using System.Net;
using System.Text.Json;
using Skein.Linux.Namespaces;
using Skein.Linux.Nftables;
using Skein.Model;

namespace Skein.Agent.Mesh;

/// <summary>Reads which ports a daemon before this one had led where: a container keeps the port that was chosen for it.</summary>
internal static class PublishedMapReader
{
    private const int UdpNumber = 17;
    private const int SctpNumber = 132;

    public static IReadOnlyList<HostPort> Read(NetworkNamespace host)
    {
        if (!NftablesSession.Tables(host).Contains(Ruleset.Table)) return [];
        try
        {
            using var listing = NftablesSession.List(host, $"list map {Ruleset.Table} {HostRuleset.PublishedMap}");
            return Parse(listing.RootElement);
        }
        catch (NftablesException)
        {
            return [];   // a table without the map: there was no docker_gwbridge
        }
    }

    // {"nftables":[{"metainfo":…},{"map":{…,"elem":[[{"concat":["tcp",8080]},{"concat":["172.18.0.2",80]}],…]}}]}
    internal static IReadOnlyList<HostPort> Parse(JsonElement root)
    {
        var ports = new List<HostPort>();
        foreach (var item in root.GetProperty("nftables").EnumerateArray())
        {
            if (!item.TryGetProperty("map", out var map) || !map.TryGetProperty("elem", out var elements)) continue;
            foreach (var element in elements.EnumerateArray())
            {
                var from = element[0].GetProperty("concat");
                var to = element[1].GetProperty("concat");
                var published = new TransportPort(ProtocolOf(from[0]), from[1].GetUInt16());
                ports.Add(new HostPort(published, IPAddress.Parse(to[0].GetString()!), to[1].GetUInt16()));
            }
        }
        return ports;
    }

    // nft names a protocol by /etc/protocols (Debian's netbase) and gives its number on a host that has no such file.
    private static PortProtocol ProtocolOf(JsonElement protocol) => protocol.ValueKind == JsonValueKind.Number
        ? protocol.GetInt32() switch
        {
            UdpNumber => PortProtocol.Udp,
            SctpNumber => PortProtocol.Sctp,
            _ => PortProtocol.Tcp,
        }
        : protocol.GetString() switch
        {
            "udp" => PortProtocol.Udp,
            "sctp" => PortProtocol.Sctp,
            _ => PortProtocol.Tcp,
        };
}
