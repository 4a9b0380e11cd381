using System.Net;
using Skein.Agent.Bridges;
using Skein.Agent.Mesh;

namespace Skein.Agent.Standalone;

/// <summary>What the processes of a container find in their environment of one that it is linked to: Docker's names. Pure.</summary>
internal static class LinkVariables
{
    /// <param name="owner">Name of the container with the link.</param>
    /// <param name="exposed">"80/tcp"</param>
    /// <param name="environment">Of the one linked to.</param>
    public static IReadOnlyList<string> Of(string alias, string owner, IPAddress address, IEnumerable<string> exposed, IEnumerable<string> environment)
    {
        var prefix = alias.ToUpperInvariant().Replace('-', '_');
        var ports = PortWish.ExposedBy(exposed).OrderBy(port => port.ProtocolName != "tcp").ThenBy(port => port.ProtocolName, StringComparer.Ordinal).ThenBy(port => port.Port).ToList();
        return
        [
            .. ports.Take(1).Select(port => $"{prefix}_PORT={port.ProtocolName}://{address}:{port.Port}"),
            .. ports.SelectMany(port => OfPort(NameOf(prefix, port), port, address)),
            .. Ranges(ports).SelectMany(range => OfRange(NameOf(prefix, range.First), range.First, range.Last, address)),
            $"{prefix}_NAME=/{owner}/{alias}",
            .. environment.Where(entry => entry.Contains('=') && entry.Split('=')[0] is not ("HOME" or "PATH")).Select(entry => $"{prefix}_ENV_{entry}"),
        ];
    }

    private static string NameOf(string prefix, TransportPort port) => $"{prefix}_PORT_{port.Port}_{port.ProtocolName.ToUpperInvariant()}";

    private static IEnumerable<string> OfPort(string name, TransportPort port, IPAddress address) =>
    [
        $"{name}={port.ProtocolName}://{address}:{port.Port}",
        $"{name}_ADDR={address}",
        $"{name}_PORT={port.Port}",
        $"{name}_PROTO={port.ProtocolName}",
    ];

    private static IEnumerable<string> OfRange(string name, TransportPort first, TransportPort last, IPAddress address) =>
    [
        $"{name}_START={first.ProtocolName}://{address}:{first.Port}",
        $"{name}_PORT_START={first.Port}",
        $"{name}_END={last.ProtocolName}://{address}:{last.Port}",
        $"{name}_PORT_END={last.Port}",
    ];

    /// <summary>Of at least two ports in a row.</summary>
    private static IEnumerable<(TransportPort First, TransportPort Last)> Ranges(List<TransportPort> ports)
    {
        for (var first = 0; first < ports.Count;)
        {
            var last = first;
            while (last + 1 < ports.Count && ports[last + 1].Protocol == ports[first].Protocol && ports[last + 1].Port == ports[last].Port + 1) last++;
            if (last > first) yield return (ports[first], ports[last]);
            first = last + 1;
        }
    }
}
